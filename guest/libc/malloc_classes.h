/* Sizes of small objects: 16 bytes apart up to 128, then four steps for each power of two. */
#ifndef GUEST_LIBC_MALLOC_CLASSES_H
#define GUEST_LIBC_MALLOC_CLASSES_H

#include <stddef.h>
#include <stdint.h>

#define MALLOC_CLASSES         40u
#define MALLOC_SMALL_MAX_BYTES 32768ul
#define MALLOC_ALIGN_BYTES     16ul /* of every object */

/* How much the objects of one batch take, and how many they are at most and at least. */
#define MALLOC_BATCH_BYTES       16384ul
#define MALLOC_BATCH_OBJECTS_MAX 64u
#define MALLOC_BATCH_OBJECTS_MIN 2u

static inline size_t malloc_class_bytes(unsigned int size_class)
{
  if (size_class < 8)
    return (size_t) (size_class + 1) * 16;
  unsigned int doublings = size_class / 4 - 2;
  return (size_t) (size_class % 4 + 5) << (doublings + 5);
}

/* For sizes up to MALLOC_SMALL_MAX_BYTES. */
static inline unsigned int malloc_class_of(size_t len_bytes)
{
  /* for lengths in units of 16 bytes, rounded up */
  static const uint8_t classes[65] = {
      0,  0,  1,  2,  3,  4,  5,  6,  7,  8,  8,  9,  9,  10, 10, 11, 11, 12, 12, 12, 12, 13,
      13, 13, 13, 14, 14, 14, 14, 15, 15, 15, 15, 16, 16, 16, 16, 16, 16, 16, 16, 17, 17, 17,
      17, 17, 17, 17, 17, 18, 18, 18, 18, 18, 18, 18, 18, 19, 19, 19, 19, 19, 19, 19, 19};
  if (__builtin_expect(len_bytes <= (sizeof(classes) - 1) * 16, 1))
    return classes[(len_bytes + 15) / 16];
  unsigned int top_bit = 63 - (unsigned int) __builtin_clzl(len_bytes - 1);
  unsigned int quarter = (unsigned int) ((len_bytes - 1) >> (top_bit - 2)) - 4;
  return 8 + (top_bit - 7) * 4 + quarter;
}

static inline unsigned int malloc_batch_objects(unsigned int size_class)
{
  size_t objects = MALLOC_BATCH_BYTES / malloc_class_bytes(size_class);
  if (objects > MALLOC_BATCH_OBJECTS_MAX)
    return MALLOC_BATCH_OBJECTS_MAX;
  return objects < MALLOC_BATCH_OBJECTS_MIN ? MALLOC_BATCH_OBJECTS_MIN : (unsigned int) objects;
}

#endif
