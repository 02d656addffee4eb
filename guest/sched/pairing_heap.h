/* Pairing heap: intrusive, the smallest key first, among equals the one that was inserted first.
 *
 * Insertion takes constant time, removal O(log n) amortized. (Fredman, Sedgewick, Sleator, Tarjan:
 * The pairing heap, Algorithmica 1986.) Not thread-safe.
 */
#ifndef GUEST_SCHED_PAIRING_HEAP_H
#define GUEST_SCHED_PAIRING_HEAP_H

#include <stdint.h>

struct heap_node
{
  uint64_t key; /* set by the owner; not to be changed while in a heap */
  uint64_t order;
  struct heap_node *child;    /* the first */
  struct heap_node *next;     /* sibling */
  struct heap_node *previous; /* sibling; of the first child: the parent */
};

/* Zero: empty. */
struct heap
{
  struct heap_node *first; /* the smallest, null when empty */
  uint64_t inserted;
};

void heap_insert(struct heap *heap, struct heap_node *node);

/* node is in the heap. */
void heap_remove(struct heap *heap, struct heap_node *node);

/* Calls visit for each node, in no order; visit may change keys if their order stays. */
void heap_for_each(const struct heap *heap, void (*visit)(struct heap_node *node, void *argument),
                   void *argument);

#endif
