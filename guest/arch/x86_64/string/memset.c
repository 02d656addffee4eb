/* memset: small sizes here, larger ones by what the CPU offers. */
#include "string_tuning.h"

void *STRING_NAME(memset)(void *dst, int value, size_t count);

/* Two stores that may overlap each other cover a whole class of sizes. */
#define SET_ENDS(type, pattern)                                      \
  do                                                                 \
  {                                                                  \
    STRING_STORE(type, to, (type) (pattern));                        \
    STRING_STORE(type, to + count - sizeof(type), (type) (pattern)); \
  } while (0)

void *STRING_NAME(memset)(void *dst, int value, size_t count)
{
  char *to = dst;

  if (STRING_LIKELY(string_tuning.level == STRING_LEVEL_EVEX))
    return string_memset_evex(dst, value, count);
  if (count > STRING_SMALL_MAX_BYTES)
  {
    if (STRING_LIKELY(string_tuning.level == STRING_LEVEL_AVX2))
      return string_memset_large_avx2(dst, value, count);
    return string_memset_large_sse2(dst, value, count);
  }
  if (STRING_LIKELY(count <= 16))
  {
    uint64_t pattern = (uint8_t) value * 0x0101010101010101u;

    if (count >= 8)
      SET_ENDS(string_u64, pattern);
    else if (count >= 4)
      SET_ENDS(string_u32, pattern);
    else if (count != 0)
    {
      to[0] = (char) value;
      to[count / 2] = (char) value;
      to[count - 1] = (char) value;
    }
    return dst;
  }

  string_v16 pattern = (char) value - (string_v16){0};

  SET_ENDS(string_v16u, pattern);
  return dst;
}
