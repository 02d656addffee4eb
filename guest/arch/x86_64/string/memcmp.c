/* memcmp: small sizes here, larger ones by what the CPU offers. */
#include "string_tuning.h"

int STRING_NAME(memcmp)(const void *left, const void *right, size_t count);

/* The order of two different words as memcmp reads them: as big-endian numbers. */
static inline int order_u64(uint64_t left, uint64_t right)
{
  return __builtin_bswap64(left) < __builtin_bswap64(right) ? -1 : 1;
}

static inline uint64_t join_ends_u32(const unsigned char *bytes, size_t count)
{
  uint64_t head = STRING_LOAD(string_u32, bytes);
  uint64_t tail = STRING_LOAD(string_u32, bytes + count - 4);

  return head | tail << 32;
}

#define EQUAL(left, right) \
  ((string_v16) (STRING_LOAD(string_v16u, left) == STRING_LOAD(string_v16u, right)))
#define MASK(vector) ((unsigned) __builtin_ia32_pmovmskb128(vector))
#define MASK_EQUAL   0xffffu

int string_memcmp_baseline(const void *left_area, const void *right_area, size_t count)
{
  const unsigned char *left = left_area;
  const unsigned char *right = right_area;

  if (count > STRING_SMALL_MAX_BYTES)
  {
    if (STRING_LIKELY(string_tuning.level >= STRING_LEVEL_AVX2))
      return string_memcmp_large_avx2(left, right, count);
    return string_memcmp_large_sse2(left, right, count);
  }
  if (STRING_LIKELY(count <= 16))
  {
    if (count >= 8)
    {
      uint64_t a = STRING_LOAD(string_u64, left);
      uint64_t b = STRING_LOAD(string_u64, right);

      if (STRING_UNLIKELY(a != b))
        return order_u64(a, b);
      a = STRING_LOAD(string_u64, left + count - 8);
      b = STRING_LOAD(string_u64, right + count - 8);
      if (STRING_UNLIKELY(a != b))
        return order_u64(a, b);
      return 0;
    }
    if (count >= 4)
    {
      uint64_t a = join_ends_u32(left, count);
      uint64_t b = join_ends_u32(right, count);

      if (STRING_UNLIKELY(a != b))
        return order_u64(a, b);
      return 0;
    }
    if (count == 0)
      return 0;
    /* One to three bytes: first, middle and last, the middle being one of the others or neither. */
    int a = left[0] << 16 | left[count / 2] << 8 | left[count - 1];
    int b = right[0] << 16 | right[count / 2] << 8 | right[count - 1];

    return a - b;
  }

  string_v16 head = EQUAL(left, right);
  string_v16 tail = EQUAL(left + count - 16, right + count - 16);

  if (STRING_LIKELY(MASK(head & tail) == MASK_EQUAL))
    return 0;

  size_t at = 0;
  unsigned equal = MASK(head);

  if (equal == MASK_EQUAL)
  {
    at = count - 16;
    equal = MASK(tail);
  }
  at += (size_t) __builtin_ctz(equal ^ MASK_EQUAL);
  return left[at] - right[at];
}

int STRING_NAME(memcmp)(const void *left, const void *right, size_t count)
{
  if (STRING_LIKELY(string_tuning.level == STRING_LEVEL_EVEX))
    return string_memcmp_evex(left, right, count);
  return string_memcmp_baseline(left, right, count);
}
