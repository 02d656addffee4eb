/* The sorted free list over the tree of ranges. */
#include "mm/free_list.h"

#include <errno.h>

static struct range *pool_take(struct free_list_pool *pool)
{
  struct range *node = pool->first;
  if (node != NULL)
  {
    pool->first = node->parent;
    pool->spare--;
  }
  return node;
}

static void pool_put(struct free_list_pool *pool, struct range *node)
{
  node->parent = pool->first;
  pool->first = node;
  pool->spare++;
}

void free_list_pool_add(struct free_list_pool *pool, void *memory, size_t len_bytes)
{
  struct range *nodes = memory;
  for (size_t i = len_bytes / sizeof(*nodes); i > 0; i--)
    pool_put(pool, &nodes[i - 1]);
}

static bool is_range(uint64_t begin, uint64_t len)
{
  return len > 0 && len <= UINT64_MAX - begin;
}

static int insert(struct free_list *list, uint64_t begin, uint64_t end)
{
  struct range *node = pool_take(list->pool);
  if (node == NULL)
    return -ENOBUFS;
  node->begin = begin;
  node->end = end;
  range_tree_insert(&list->tree, node);
  list->ranges++;
  return 0;
}

static void drop(struct free_list *list, struct range *range)
{
  range_tree_remove(&list->tree, range);
  pool_put(list->pool, range);
  list->ranges--;
}

static void resize(struct range *range, uint64_t begin, uint64_t end)
{
  range->begin = begin;
  range->end = end;
  range_tree_changed(range);
}

/* Cuts numbers out of the range that holds them. */
static int cut(struct free_list *list, struct range *range, uint64_t begin, uint64_t len)
{
  uint64_t end = begin + len;
  if (range->begin == begin && range->end == end)
    drop(list, range);
  else if (range->begin == begin)
    resize(range, end, range->end);
  else if (range->end == end)
    resize(range, range->begin, begin);
  else
  {
    uint64_t range_end = range->end;
    if (list->pool->spare == 0)
      return -ENOBUFS;
    resize(range, range->begin, begin);
    insert(list, end, range_end);
  }
  list->total -= len;
  return 0;
}

int free_list_allocate(struct free_list *list, uint64_t len, uint64_t *begin)
{
  return free_list_allocate_aligned(list, len, 1, RANGE_LOW, begin);
}

/* Finds the outermost aligned place in a range that is long enough. */
static bool place_in(const struct range *range, uint64_t len, uint64_t align, enum range_side side,
                     uint64_t *begin)
{
  if (side == RANGE_HIGH)
  {
    *begin = (range->end - len) & -align;
    return *begin >= range->begin;
  }
  uint64_t gap = -range->begin & (align - 1);
  *begin = range->begin + gap;
  return gap <= range->end - range->begin - len;
}

int free_list_allocate_aligned(struct free_list *list, uint64_t len, uint64_t align,
                               enum range_side side, uint64_t *begin)
{
  if (len == 0 || align == 0 || (align & (align - 1)) != 0)
    return -EINVAL;
  enum range_side inwards = side == RANGE_LOW ? RANGE_HIGH : RANGE_LOW;
  uint64_t place;
  struct range *range = range_tree_outermost(&list->tree, len, side);
  while (range != NULL && !place_in(range, len, align, side, &place))
    range = range_tree_next(range, len, inwards);
  if (range == NULL)
    return -ENOMEM;
  int error = cut(list, range, place, len);
  if (error == 0)
    *begin = place;
  return error;
}

int free_list_reserve(struct free_list *list, uint64_t begin, uint64_t len)
{
  if (!is_range(begin, len))
    return -EINVAL;
  struct range *range = range_tree_at_or_below(&list->tree, begin);
  if (range == NULL || range->end < begin + len)
    return -ENOMEM;
  return cut(list, range, begin, len);
}

int free_list_free(struct free_list *list, uint64_t begin, uint64_t len)
{
  if (!is_range(begin, len))
    return -EINVAL;
  uint64_t end = begin + len;
  struct range *below = range_tree_at_or_below(&list->tree, begin);
  struct range *above = below != NULL ? range_tree_next(below, 1, RANGE_HIGH)
                                      : range_tree_outermost(&list->tree, 1, RANGE_LOW);
  if ((below != NULL && below->end > begin) || (above != NULL && above->begin < end))
    return -EINVAL;
  bool joins_below = below != NULL && below->end == begin;
  bool joins_above = above != NULL && above->begin == end;
  if (joins_below && joins_above)
  {
    uint64_t above_end = above->end;
    drop(list, above);
    resize(below, below->begin, above_end);
  }
  else if (joins_below)
    resize(below, below->begin, end);
  else if (joins_above)
    resize(above, begin, above->end);
  else
  {
    int error = insert(list, begin, end);
    if (error < 0)
      return error;
  }
  list->total += len;
  return 0;
}

bool free_list_overlaps(const struct free_list *list, uint64_t begin, uint64_t len)
{
  if (!is_range(begin, len))
    return false;
  const struct range *last = range_tree_at_or_below(&list->tree, begin + len - 1);
  return last != NULL && last->end > begin;
}

bool free_list_find(const struct free_list *list, uint64_t len_min, enum range_side side,
                    uint64_t *begin, uint64_t *len)
{
  const struct range *range = range_tree_outermost(&list->tree, len_min, side);
  if (range == NULL)
    return false;
  *begin = range->begin;
  *len = range->end - range->begin;
  return true;
}
