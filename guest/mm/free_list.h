/* The sorted free list: what is free of a space of numbers (addresses), as ranges.
 *
 * Nodes come from a pool that its owner fills beforehand, so that no operation allocates: each
 * takes at most one. Not safe for several CPUs by itself. Calls return 0 or a negative errno and
 * then have changed nothing: -EINVAL (length 0, an end beyond 2^64 - 1, an alignment that is no
 * power of two), -ENOMEM (nothing that long is free), -ENOBUFS (the pool is empty).
 */
#ifndef GUEST_MM_FREE_LIST_H
#define GUEST_MM_FREE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm/range_tree.h"

#define FREE_LIST_NODE_BYTES sizeof(struct range)

/* Spare nodes; several lists may share one. All zero: empty. */
struct free_list_pool
{
  struct range *first;
  size_t spare;
};

/* Starts with zeros and a pool. */
struct free_list
{
  struct free_list_pool *pool;
  struct range_tree tree;
  uint64_t total; /* numbers that are free */
  size_t ranges;  /* nodes in use */
};

/* Makes nodes of memory that is aligned for a pointer; the pool keeps it. */
void free_list_pool_add(struct free_list_pool *pool, void *memory, size_t len_bytes);

/* The lowest place that is long enough; needs no node. */
int free_list_allocate(struct free_list *list, uint64_t len, uint64_t *begin);

/* The outermost place on that side, aligned. */
int free_list_allocate_aligned(struct free_list *list, uint64_t len, uint64_t align,
                               enum range_side side, uint64_t *begin);

/* Takes exactly these numbers; -ENOMEM if they are not all free. */
int free_list_reserve(struct free_list *list, uint64_t begin, uint64_t len);

/* -EINVAL if some of them are free already. */
int free_list_free(struct free_list *list, uint64_t begin, uint64_t len);

/* Whether any of these numbers is free. */
bool free_list_overlaps(const struct free_list *list, uint64_t begin, uint64_t len);

/* The outermost free range on that side that is at least that long. Returns whether there is one.
 */
bool free_list_find(const struct free_list *list, uint64_t len_min, enum range_side side,
                    uint64_t *begin, uint64_t *len);

#endif
