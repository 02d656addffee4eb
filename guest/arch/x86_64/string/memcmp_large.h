/*
 * memcmp for more than STRING_SMALL_MAX_BYTES, as a template over the vector size. The including
 * file defines MEMCMP_LARGE (the function's name), VEC and VECU (vector types), VEC_TARGET
 * (function attributes), VEC_MASK (one bit for each byte) and VEC_MASK_EQUAL (all its bits).
 */
#include "string_tuning.h"

#define VEC_BYTES (sizeof(VEC))
#define EQUAL(offset) \
  ((VEC) (STRING_LOAD(VECU, left + (offset)) == STRING_LOAD(VECU, right + (offset))))

#define DIFFERENT(equal) (VEC_MASK(equal) ^ VEC_MASK_EQUAL)

/* Returns from the calling function if the vectors at offset differ. */
#define RETURN_IF_DIFFERENT(offset, equal)                      \
  do                                                            \
  {                                                             \
    uint32_t different = DIFFERENT(equal);                      \
                                                                \
    if (different != 0)                                         \
    {                                                           \
      size_t at = (offset) + (size_t) __builtin_ctz(different); \
                                                                \
      return left[at] - right[at];                              \
    }                                                           \
  } while (0)

/* Returns from the calling function if any of four vectors, in ascending order, differ. One test
 * for all of them while they are equal. */
#define RETURN_IF_ANY_DIFFERENT(offset0, offset1, offset2, offset3) \
  do                                                                \
  {                                                                 \
    VEC a = EQUAL(offset0);                                         \
    VEC b = EQUAL(offset1);                                         \
    VEC c = EQUAL(offset2);                                         \
    VEC d = EQUAL(offset3);                                         \
                                                                    \
    if (STRING_UNLIKELY(DIFFERENT(a & b & c & d) != 0))             \
    {                                                               \
      RETURN_IF_DIFFERENT(offset0, a);                              \
      RETURN_IF_DIFFERENT(offset1, b);                              \
      RETURN_IF_DIFFERENT(offset2, c);                              \
      RETURN_IF_DIFFERENT(offset3, d);                              \
    }                                                               \
  } while (0)

VEC_TARGET int MEMCMP_LARGE(const void *left_area, const void *right_area, size_t count)
{
  const unsigned char *left = left_area;
  const unsigned char *right = right_area;

  if (count <= 2 * VEC_BYTES)
  {
    VEC head = EQUAL(0);
    VEC tail = EQUAL(count - VEC_BYTES);

    if (STRING_UNLIKELY(DIFFERENT(head & tail) != 0))
    {
      RETURN_IF_DIFFERENT(0, head);
      RETURN_IF_DIFFERENT(count - VEC_BYTES, tail);
    }
    return 0;
  }
  if (count <= 4 * VEC_BYTES)
  {
    RETURN_IF_ANY_DIFFERENT(0, VEC_BYTES, count - 2 * VEC_BYTES, count - VEC_BYTES);
    return 0;
  }

  const unsigned char *last = left + count - 4 * VEC_BYTES;

  do
  {
    RETURN_IF_ANY_DIFFERENT(0, VEC_BYTES, 2 * VEC_BYTES, 3 * VEC_BYTES);
    left += 4 * VEC_BYTES;
    right += 4 * VEC_BYTES;
  } while (left < last);
  /* The last four vectors may overlap what was found equal above. */
  right -= left - last;
  left = last;
  RETURN_IF_ANY_DIFFERENT(0, VEC_BYTES, 2 * VEC_BYTES, 3 * VEC_BYTES);
  return 0;
}
