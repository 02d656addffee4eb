/*
 * memmove for more than STRING_SMALL_MAX_BYTES, as a template over the vector size. The including
 * file defines MEMMOVE_LARGE (the function's name), VEC and VECU (vector types) and VEC_TARGET
 * (function attributes).
 *
 * There is no `rep movsb` and no store around the caches here: on the AMD EPYC where they were
 * measured, `rep movsb` never beat the loop (and took four times as long for unaligned kilobytes),
 * and streaming stores took half as long again for 64 MiB.
 */
#include "string_tuning.h"

#define VEC_BYTES                    (sizeof(VEC))
#define LOAD(offset)                 STRING_LOAD(VECU, from + (offset))
#define STORE(offset, value)         STRING_STORE(VECU, to + (offset), (value))
#define STORE_ALIGNED(offset, value) STRING_STORE(VEC, to + (offset), (value))

/* From low to high addresses: right where dst < src or the areas are apart. count > 8 vectors. */
VEC_TARGET static inline __attribute__((always_inline)) void
move_forward(char *to, const char *from, size_t count)
{
  char *start = to;
  char *end = to + count;
  VEC head = LOAD(0);
  VEC tail0 = LOAD(count - VEC_BYTES);
  VEC tail1 = LOAD(count - 2 * VEC_BYTES);
  VEC tail2 = LOAD(count - 3 * VEC_BYTES);
  VEC tail3 = LOAD(count - 4 * VEC_BYTES);
  size_t skip = VEC_BYTES - ((uintptr_t) to & (VEC_BYTES - 1));
  char *last = end - 4 * VEC_BYTES;

  to += skip;
  from += skip;
  do
  {
    VEC a = LOAD(0);
    VEC b = LOAD(VEC_BYTES);
    VEC c = LOAD(2 * VEC_BYTES);
    VEC d = LOAD(3 * VEC_BYTES);
    STORE_ALIGNED(0, a);
    STORE_ALIGNED(VEC_BYTES, b);
    STORE_ALIGNED(2 * VEC_BYTES, c);
    STORE_ALIGNED(3 * VEC_BYTES, d);
    to += 4 * VEC_BYTES;
    from += 4 * VEC_BYTES;
  } while (to < last);
  to = last;
  STORE(3 * VEC_BYTES, tail0);
  STORE(2 * VEC_BYTES, tail1);
  STORE(VEC_BYTES, tail2);
  STORE(0, tail3);
  to = start;
  STORE(0, head);
}

/* From high to low addresses: right where dst > src. count > 8 vectors. */
VEC_TARGET static inline __attribute__((always_inline)) void
move_backward(char *to, const char *from, size_t count)
{
  char *start = to;
  char *first = to + 4 * VEC_BYTES;
  VEC head0 = LOAD(0);
  VEC head1 = LOAD(VEC_BYTES);
  VEC head2 = LOAD(2 * VEC_BYTES);
  VEC head3 = LOAD(3 * VEC_BYTES);
  VEC tail = LOAD(count - VEC_BYTES);
  char *end = to + count;
  size_t skip = ((uintptr_t) end - 1) % VEC_BYTES + 1;

  to += count - skip;
  from += count - skip;
  do
  {
    to -= 4 * VEC_BYTES;
    from -= 4 * VEC_BYTES;
    VEC a = LOAD(3 * VEC_BYTES);
    VEC b = LOAD(2 * VEC_BYTES);
    VEC c = LOAD(VEC_BYTES);
    VEC d = LOAD(0);
    STORE_ALIGNED(3 * VEC_BYTES, a);
    STORE_ALIGNED(2 * VEC_BYTES, b);
    STORE_ALIGNED(VEC_BYTES, c);
    STORE_ALIGNED(0, d);
  } while (to > first);
  to = start;
  STORE(0, head0);
  STORE(VEC_BYTES, head1);
  STORE(2 * VEC_BYTES, head2);
  STORE(3 * VEC_BYTES, head3);
  to = end - VEC_BYTES;
  STORE(0, tail);
}

VEC_TARGET void *MEMMOVE_LARGE(void *dst, const void *src, size_t count)
{
  char *to = dst;
  const char *from = src;

  if (count <= 2 * VEC_BYTES)
  {
    VEC a = LOAD(0);
    VEC b = LOAD(count - VEC_BYTES);
    STORE(0, a);
    STORE(count - VEC_BYTES, b);
    return dst;
  }
  if (count <= 4 * VEC_BYTES)
  {
    VEC a = LOAD(0);
    VEC b = LOAD(VEC_BYTES);
    VEC c = LOAD(count - 2 * VEC_BYTES);
    VEC d = LOAD(count - VEC_BYTES);
    STORE(0, a);
    STORE(VEC_BYTES, b);
    STORE(count - 2 * VEC_BYTES, c);
    STORE(count - VEC_BYTES, d);
    return dst;
  }
  if (count <= 8 * VEC_BYTES)
  {
    VEC a = LOAD(0);
    VEC b = LOAD(VEC_BYTES);
    VEC c = LOAD(2 * VEC_BYTES);
    VEC d = LOAD(3 * VEC_BYTES);
    VEC e = LOAD(count - 4 * VEC_BYTES);
    VEC f = LOAD(count - 3 * VEC_BYTES);
    VEC g = LOAD(count - 2 * VEC_BYTES);
    VEC h = LOAD(count - VEC_BYTES);
    STORE(0, a);
    STORE(VEC_BYTES, b);
    STORE(2 * VEC_BYTES, c);
    STORE(3 * VEC_BYTES, d);
    STORE(count - 4 * VEC_BYTES, e);
    STORE(count - 3 * VEC_BYTES, f);
    STORE(count - 2 * VEC_BYTES, g);
    STORE(count - VEC_BYTES, h);
    return dst;
  }

  /* Unsigned, so that a destination below the source counts as far ahead. */
  if ((uintptr_t) to - (uintptr_t) from < count)
    move_backward(to, from, count);
  else
    move_forward(to, from, count);
  return dst;
}
