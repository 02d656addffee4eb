/* The first small objects of a program, in static memory: a small program needs no heap.
 *
 * The first chunk costs hypercalls, page tables and a page fault, which is most of the run of a
 * program that does little. The arena is used until it is full; nothing in it is used again.
 */
#ifndef GUEST_LIBC_MALLOC_ARENA_H
#define GUEST_LIBC_MALLOC_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MALLOC_ARENA_BYTES     (32ul << 10)
#define MALLOC_ARENA_MAX_BYTES 2048ul /* of one object */

extern unsigned char malloc_arena[MALLOC_ARENA_BYTES];

static inline bool malloc_arena_has(const void *block)
{
  return (uintptr_t) block - (uintptr_t) malloc_arena < MALLOC_ARENA_BYTES;
}

/* An object, aligned as every object of a size class is: to the highest power of two that divides
 * its size. Null when it is too large or the arena is full. */
void *malloc_arena_allocate(size_t len_bytes);

/* Both are for what the arena has, and end the program if no object begins there. */
void malloc_arena_free(void *block);
size_t malloc_arena_bytes(const void *block);

#endif
