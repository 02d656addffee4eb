/* The record of mappings, in a tree by address. */
#include "mm/mapping.h"

static struct range_tree mappings;
static size_t count;

/* Linked by range.parent. */
static struct range *spare;
static size_t spare_count;

static struct mapping *mapping_of(struct range *range)
{
  return (struct mapping *) range;
}

static void add_node(struct mapping *node)
{
  node->range.parent = spare;
  spare = &node->range;
  spare_count++;
}

void mapping_add_nodes(struct mapping *nodes, size_t nodes_count)
{
  for (size_t i = 0; i < nodes_count; i++)
    add_node(&nodes[i]);
}

size_t mapping_spare_nodes(void)
{
  return spare_count;
}

size_t mapping_count(void)
{
  return count;
}

struct mapping *mapping_next(struct mapping *mapping)
{
  return mapping_of(range_tree_next(&mapping->range, 0, RANGE_HIGH));
}

struct mapping *mapping_at(uint64_t gva)
{
  struct range *range = range_tree_at_or_below(&mappings, gva);
  return range != NULL && gva < range->end ? mapping_of(range) : NULL;
}

struct mapping *mapping_from(uint64_t gva)
{
  struct range *range = range_tree_at_or_below(&mappings, gva);
  if (range == NULL)
    return mapping_of(range_tree_outermost(&mappings, 0, RANGE_LOW));
  return gva < range->end ? mapping_of(range) : mapping_next(mapping_of(range));
}

bool mapping_covers(uint64_t begin, uint64_t end)
{
  for (struct mapping *mapping = mapping_at(begin); begin < end; mapping = mapping_next(mapping))
  {
    if (mapping == NULL || mapping->range.begin > begin)
      return false;
    begin = mapping->range.end;
  }
  return true;
}

uint64_t mapping_committed_bytes(uint64_t begin, uint64_t end)
{
  uint64_t bytes = 0;
  for (struct mapping *mapping = mapping_from(begin); mapping != NULL && mapping->range.begin < end;
       mapping = mapping_next(mapping))
  {
    uint64_t from = mapping->range.begin > begin ? mapping->range.begin : begin;
    uint64_t to = mapping->range.end < end ? mapping->range.end : end;
    if (mapping->committed)
      bytes += to - from;
  }
  return bytes;
}

void mapping_insert(uint64_t begin, uint64_t end, unsigned int rights, unsigned int flags,
                    bool committed)
{
  struct mapping *node = mapping_of(spare);
  spare = spare->parent;
  spare_count--;
  *node = (struct mapping){.range = {.begin = begin, .end = end},
                           .rights = rights,
                           .flags = flags,
                           .committed = committed};
  range_tree_insert(&mappings, &node->range);
  count++;
}

void mapping_split(uint64_t gva)
{
  struct mapping *low = mapping_at(gva);
  if (low == NULL || low->range.begin == gva)
    return;
  uint64_t end = low->range.end;
  low->range.end = gva;
  range_tree_changed(&low->range);
  mapping_insert(gva, end, low->rights, low->flags, low->committed);
}

void mapping_remove(struct mapping *mapping)
{
  range_tree_remove(&mappings, &mapping->range);
  add_node(mapping);
  count--;
}

static bool are_equal(const struct mapping *low, const struct mapping *high)
{
  return low->range.end == high->range.begin && low->rights == high->rights &&
         low->flags == high->flags && low->committed == high->committed;
}

void mapping_merge(uint64_t begin, uint64_t end)
{
  struct mapping *low = mapping_from(begin > 0 ? begin - 1 : 0);
  while (low != NULL && low->range.begin <= end)
  {
    struct mapping *high = mapping_next(low);
    if (high == NULL || !are_equal(low, high))
    {
      low = high;
      continue;
    }
    uint64_t new_end = high->range.end;
    mapping_remove(high);
    low->range.end = new_end;
    range_tree_changed(&low->range);
  }
}
