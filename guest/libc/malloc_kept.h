/* Large blocks that were freed, kept for the next ones: to map and touch memory anew costs much. */
#ifndef GUEST_LIBC_MALLOC_KEPT_H
#define GUEST_LIBC_MALLOC_KEPT_H

#include <stdbool.h>
#include <stddef.h>

struct malloc_kept
{
  void *block; /* null: none */
  size_t len_bytes;
};

/* How much is kept at most: of all blocks together, and so of one. */
size_t malloc_kept_max_bytes(void);

/* Keeps a block. False when there is no room, until one is taken out. */
bool malloc_kept_put(struct malloc_kept kept);

/* Takes out the smallest block that is long enough, but not much longer. */
struct malloc_kept malloc_kept_take(size_t len_bytes);

/* Takes out the block that was kept longest. */
struct malloc_kept malloc_kept_take_oldest(void);

#endif
