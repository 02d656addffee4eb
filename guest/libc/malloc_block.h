/* Blocks that are no small objects: medium ones, which are runs of spans, and large ones. */
#ifndef GUEST_LIBC_MALLOC_BLOCK_H
#define GUEST_LIBC_MALLOC_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

/* A medium or large block. *zeroed (may be null): whether it is known to hold zeros. Null and errno
 * when there is no memory. align_bytes: a power of two. */
void *malloc_big(size_t align_bytes, size_t len_bytes, bool *zeroed);

/* Frees what is no small object; ends the program if it is nothing at all. */
void malloc_big_free(void *block);

/* How many bytes a block of any kind has. */
size_t malloc_block_bytes(const void *block);

/* Makes a block of any kind, which has has_bytes, longer or shorter where it is. False when that
 * cannot be, or would waste more than half of it. */
bool malloc_block_resize(void *block, size_t has_bytes, size_t len_bytes);

#endif
