/* Ranges of numbers that do not overlap, in ascending order: a balanced tree that also knows where
 * long ones are. It owns no memory. Not safe for several CPUs by itself. */
#ifndef GUEST_MM_RANGE_TREE_H
#define GUEST_MM_RANGE_TREE_H

#include <stdint.h>

/* Sides of the tree, and directions of a walk. */
enum range_side
{
  RANGE_LOW,
  RANGE_HIGH,
};

struct range
{
  uint64_t begin;
  uint64_t end;     /* behind the last number */
  uint64_t longest; /* in the subtree of this node */
  struct range *child[2];
  struct range *parent;
};

struct range_tree
{
  struct range *root;
};

/* begin and end are set. */
void range_tree_insert(struct range_tree *tree, struct range *range);
void range_tree_remove(struct range_tree *tree, struct range *range);

/* To be called after begin or end of a range in the tree was changed, its place in the order being
 * the same. */
void range_tree_changed(struct range *range);

/* The range with the highest begin that is at most `number`, or null. */
struct range *range_tree_at_or_below(const struct range_tree *tree, uint64_t number);

/* The range nearest to that side that is at least that long, or null. */
struct range *range_tree_outermost(const struct range_tree *tree, uint64_t len,
                                   enum range_side side);

/* The next one in that direction that is at least that long, or null. */
struct range *range_tree_next(struct range *range, uint64_t len, enum range_side direction);

#endif
