/* The tree of ranges: a treap. The children of a node have less weight than it has; weights look
 * random, so that the tree is about as deep as if the ranges had come in random order. */
#include "mm/range_tree.h"

#include <stdbool.h>
#include <stddef.h>

/* Of the node's address, so that it needs no room: the last mixing step of MurmurHash3. */
static uint64_t weight(const struct range *range)
{
  uint64_t mixed = (uint64_t) (uintptr_t) range;
  mixed = (mixed ^ mixed >> 33) * 0xff51afd7ed558ccdu;
  mixed = (mixed ^ mixed >> 33) * 0xc4ceb9fe1a85ec53u;
  return mixed ^ mixed >> 33;
}

static uint64_t longest_of(const struct range *range)
{
  uint64_t longest = range->end - range->begin;
  for (int side = 0; side < 2; side++)
  {
    if (range->child[side] != NULL && range->child[side]->longest > longest)
      longest = range->child[side]->longest;
  }
  return longest;
}

void range_tree_changed(struct range *range)
{
  for (; range != NULL; range = range->parent)
  {
    uint64_t longest = longest_of(range);
    if (range->longest == longest)
      break;
    range->longest = longest;
  }
}

static enum range_side side_of(const struct range *range)
{
  return range->parent->child[RANGE_HIGH] == range ? RANGE_HIGH : RANGE_LOW;
}

static enum range_side opposite(enum range_side side)
{
  return side == RANGE_LOW ? RANGE_HIGH : RANGE_LOW;
}

/* Puts `with` (may be null) where `range` hangs. */
static void replace(struct range_tree *tree, struct range *range, struct range *with)
{
  if (range->parent == NULL)
    tree->root = with;
  else
    range->parent->child[side_of(range)] = with;
  if (with != NULL)
    with->parent = range->parent;
}

/* The node and its parent change places, the order stays. */
static void rotate_up(struct range_tree *tree, struct range *range)
{
  struct range *parent = range->parent;
  enum range_side side = side_of(range);
  struct range *inner = range->child[opposite(side)];
  replace(tree, parent, range);
  parent->child[side] = inner;
  if (inner != NULL)
    inner->parent = parent;
  range->child[opposite(side)] = parent;
  parent->parent = range;
  parent->longest = longest_of(parent);
  range->longest = longest_of(range);
}

void range_tree_insert(struct range_tree *tree, struct range *range)
{
  struct range *parent = NULL;
  struct range **place = &tree->root;
  while (*place != NULL)
  {
    parent = *place;
    place = &parent->child[range->begin > parent->begin ? RANGE_HIGH : RANGE_LOW];
  }
  *place = range;
  range->parent = parent;
  range->child[RANGE_LOW] = NULL;
  range->child[RANGE_HIGH] = NULL;
  range->longest = range->end - range->begin;
  range_tree_changed(parent);
  while (range->parent != NULL && weight(range) > weight(range->parent))
    rotate_up(tree, range);
}

void range_tree_remove(struct range_tree *tree, struct range *range)
{
  struct range *low;
  struct range *high;
  while ((low = range->child[RANGE_LOW]) != NULL && (high = range->child[RANGE_HIGH]) != NULL)
    rotate_up(tree, weight(low) > weight(high) ? low : high);
  replace(tree, range, low != NULL ? low : range->child[RANGE_HIGH]);
  range_tree_changed(range->parent);
}

struct range *range_tree_at_or_below(const struct range_tree *tree, uint64_t number)
{
  struct range *found = NULL;
  struct range *range = tree->root;
  while (range != NULL)
  {
    if (range->begin <= number)
    {
      found = range;
      range = range->child[RANGE_HIGH];
    }
    else
      range = range->child[RANGE_LOW];
  }
  return found;
}

static bool has_long(const struct range *subtree, uint64_t len)
{
  return subtree != NULL && subtree->longest >= len;
}

/* In a subtree that has one. */
static struct range *outermost(struct range *range, uint64_t len, enum range_side side)
{
  for (;;)
  {
    if (has_long(range->child[side], len))
      range = range->child[side];
    else if (range->end - range->begin >= len)
      return range;
    else
      range = range->child[opposite(side)];
  }
}

struct range *range_tree_outermost(const struct range_tree *tree, uint64_t len,
                                   enum range_side side)
{
  return has_long(tree->root, len) ? outermost(tree->root, len, side) : NULL;
}

struct range *range_tree_next(struct range *range, uint64_t len, enum range_side direction)
{
  if (has_long(range->child[direction], len))
    return outermost(range->child[direction], len, opposite(direction));
  for (; range->parent != NULL; range = range->parent)
  {
    struct range *parent = range->parent;
    if (side_of(range) == direction)
      continue;
    if (parent->end - parent->begin >= len)
      return parent;
    if (has_long(parent->child[direction], len))
      return outermost(parent->child[direction], len, opposite(direction));
  }
  return NULL;
}
