/*
 * memset for more than STRING_SMALL_MAX_BYTES, as a template over the vector size. The including
 * file defines MEMSET_LARGE (the function's name), VEC and VECU (vector types) and VEC_TARGET
 * (function attributes).
 */
#include "string_tuning.h"

#define VEC_BYTES              (sizeof(VEC))
#define STORE(address)         STRING_STORE(VECU, (address), pattern)
#define STORE_ALIGNED(address) STRING_STORE(VEC, (address), pattern)

VEC_TARGET void *MEMSET_LARGE(void *dst, int value, size_t count)
{
  char *to = dst;
  char *end = to + count;
  VEC pattern = (char) value - (VEC){0};

  STORE(to);
  STORE(end - VEC_BYTES);
  if (count <= 2 * VEC_BYTES)
    return dst;
  STORE(to + VEC_BYTES);
  STORE(end - 2 * VEC_BYTES);
  if (count <= 4 * VEC_BYTES)
    return dst;
  STORE(to + 2 * VEC_BYTES);
  STORE(to + 3 * VEC_BYTES);
  STORE(end - 4 * VEC_BYTES);
  STORE(end - 3 * VEC_BYTES);
  if (count <= 8 * VEC_BYTES)
    return dst;
  if (STRING_UNLIKELY(count >= string_tuning.rep_stos_min_bytes) && string_fills_by_rep(count))
  {
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(value) : "memory");
    return dst;
  }

  /* The first and the last four vectors are written; fill between them, aligned. */
  char *last = end - 4 * VEC_BYTES;

  to = (char *) (((uintptr_t) to + 4 * VEC_BYTES) & ~(uintptr_t) (VEC_BYTES - 1));
  do
  {
    STORE_ALIGNED(to);
    STORE_ALIGNED(to + VEC_BYTES);
    STORE_ALIGNED(to + 2 * VEC_BYTES);
    STORE_ALIGNED(to + 3 * VEC_BYTES);
    to += 4 * VEC_BYTES;
  } while (to < last);
  return dst;
}
