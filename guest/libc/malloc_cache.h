/* What a CPU keeps of each size class for itself: malloc and free without a lock.
 *
 * Interrupts are masked while a cache is used, and nothing else of the CPU can run. A cache has at
 * most two batches of a class: objects that are freed on another CPU than they were taken on move
 * on through the pools.
 */
#ifndef GUEST_LIBC_MALLOC_CACHE_H
#define GUEST_LIBC_MALLOC_CACHE_H

#include "libc/malloc_chunk.h"

struct malloc_bin
{
  struct malloc_object *free;
  struct malloc_object *spare; /* null, or a whole batch */
  uint32_t count;              /* in `free` */
  uint32_t limit;              /* a whole batch: malloc_batch_objects() */
};

struct malloc_cache
{
  struct malloc_bin bins[MALLOC_CLASSES];
  uint32_t flushes_seen; /* of those asked for by malloc_caches_flush() */
};

/* When the bin is empty: an object from elsewhere, or null and errno. */
void *malloc_cache_refill(unsigned int size_class);

/* Frees an object on a CPU that has no cache yet. */
void malloc_cache_free(struct malloc_object *object, unsigned int size_class);

/* When the bin has become full: makes room. Ends masking as cpu_mask_restore(). */
void malloc_cache_drain(struct malloc_bin *bin, unsigned int size_class, uint32_t was_masked);

/* Whether an object that has the mark of free ones is in this CPU's cache. */
bool malloc_cache_has(const struct malloc_object *object, unsigned int size_class);

/* Empties this CPU's cache and the pools, and the other CPUs' caches when they are next refilled or
 * drained; unmaps all empty chunks and kept blocks, frees stacks that are kept for new threads, and
 * says whether there were such. Not for masked code. */
bool malloc_caches_flush(void);

/* More memory for blocks of chunks; flushes the caches when there is none. *tries: counts, from 0.
 * False when it is no use to try again, with errno set. Not for masked code. */
bool malloc_grow(unsigned int *tries);

#endif
