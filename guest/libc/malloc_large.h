/* Large blocks: each is mapped alone. What is freed is kept if it is not much, else unmapped. */
#ifndef GUEST_LIBC_MALLOC_LARGE_H
#define GUEST_LIBC_MALLOC_LARGE_H

#include <stdbool.h>
#include <stddef.h>

/* None of them for masked code. Sizes are at most PTRDIFF_MAX, alignments powers of two. */

/* Memory, or null. *zeroed: whether it holds zeros. */
void *malloc_large_allocate(size_t align_bytes, size_t len_bytes, bool *zeroed);

/* Unmaps what is kept. Returns whether there was any. */
bool malloc_large_trim(void);

/* The rest are for blocks that malloc_large_is() knows. */
bool malloc_large_is(const void *block);
void malloc_large_free(void *block);
size_t malloc_large_bytes(const void *block);

/* Makes the block longer or shorter where it is. */
bool malloc_large_resize(void *block, size_t len_bytes);

#endif
