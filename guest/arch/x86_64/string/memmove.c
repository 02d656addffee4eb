/* memmove and memcpy: small sizes here, larger ones by what the CPU offers. */
#include "string_tuning.h"

void *STRING_NAME(memmove)(void *dst, const void *src, size_t count);
void *STRING_NAME(memcpy)(void *restrict dst, const void *restrict src, size_t count);

/* Two loads that may overlap each other cover a whole class of sizes; both come before the stores,
 * so that the areas may overlap as well. */
#define MOVE_ENDS(type)                                         \
  do                                                            \
  {                                                             \
    type head = STRING_LOAD(type, from);                        \
    type tail = STRING_LOAD(type, from + count - sizeof(type)); \
    STRING_STORE(type, to, head);                               \
    STRING_STORE(type, to + count - sizeof(type), tail);        \
  } while (0)

void *STRING_NAME(memmove)(void *dst, const void *src, size_t count)
{
  char *to = dst;
  const char *from = src;

  if (count > STRING_SMALL_MAX_BYTES)
  {
    if (STRING_LIKELY(string_tuning.level == STRING_LEVEL_EVEX))
      return string_memmove_large_evex(dst, src, count);
    if (STRING_LIKELY(string_tuning.level == STRING_LEVEL_AVX2))
      return string_memmove_large_avx2(dst, src, count);
    return string_memmove_large_sse2(dst, src, count);
  }
  if (STRING_LIKELY(count <= 16))
  {
    if (count >= 8)
      MOVE_ENDS(string_u64);
    else if (count >= 4)
      MOVE_ENDS(string_u32);
    else if (count != 0)
    {
      char head = from[0];
      char middle = from[count / 2];
      char tail = from[count - 1];

      to[0] = head;
      to[count / 2] = middle;
      to[count - 1] = tail;
    }
    return dst;
  }
  MOVE_ENDS(string_v16u);
  return dst;
}

void *STRING_NAME(memcpy)(void *restrict dst, const void *restrict src, size_t count)
    __attribute__((alias(
#ifdef STRING_HOSTED
        "uhyve_memmove"
#else
        "memmove"
#endif
        )));
