/* Tests of guest/mm/free_list.c: each operation, each way to merge and to split, each error. */
#include "mm/free_list.h"

#include <errno.h>
#include <stdlib.h>

#include "unit_test.h"

enum
{
  NODES = 8
};

struct fixture
{
  struct range nodes[NODES];
  struct free_list_pool pool;
  struct free_list list;
};

static int setup(void **state)
{
  struct fixture *fixture = calloc(1, sizeof(*fixture));
  assert_non_null(fixture);
  free_list_pool_add(&fixture->pool, fixture->nodes, sizeof(fixture->nodes));
  fixture->list.pool = &fixture->pool;
  *state = fixture;
  return 0;
}

static int teardown(void **state)
{
  free(*state);
  return 0;
}

/* The list holds exactly these ranges: begin, end, begin, end, ... */
static void assert_ranges(const struct fixture *fixture, const uint64_t *ends, size_t ranges)
{
  const struct free_list *list = &fixture->list;
  struct range *range = range_tree_outermost(&list->tree, 1, RANGE_LOW);
  uint64_t total = 0;
  for (size_t i = 0; i < ranges; i++)
  {
    assert_non_null(range);
    assert_int_equal(range->begin, ends[2 * i]);
    assert_int_equal(range->end, ends[2 * i + 1]);
    total += range->end - range->begin;
    range = range_tree_next(range, 1, RANGE_HIGH);
  }
  assert_null(range);
  assert_int_equal(list->total, total);
  assert_int_equal(list->ranges, ranges);
  assert_int_equal(fixture->pool.spare, NODES - ranges);
}

#define ASSERT_RANGES(fixture, ...)                       \
  assert_ranges(fixture, (const uint64_t[]){__VA_ARGS__}, \
                sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t) / 2)

static void free_ranges(struct fixture *fixture, const uint64_t *ends, size_t ranges)
{
  for (size_t i = 0; i < ranges; i++)
    assert_int_equal(free_list_free(&fixture->list, ends[2 * i], ends[2 * i + 1] - ends[2 * i]), 0);
}

#define FREE_RANGES(fixture, ...)                       \
  free_ranges(fixture, (const uint64_t[]){__VA_ARGS__}, \
              sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t) / 2)

static void a_new_list_is_empty(void **state)
{
  struct fixture *fixture = *state;
  uint64_t begin = 7;
  uint64_t len;
  assert_ranges(fixture, NULL, 0);
  assert_int_equal(free_list_allocate(&fixture->list, 1, &begin), -ENOMEM);
  assert_int_equal(free_list_reserve(&fixture->list, 0, 1), -ENOMEM);
  assert_false(free_list_overlaps(&fixture->list, 0, UINT64_MAX));
  assert_false(free_list_find(&fixture->list, 1, RANGE_LOW, &begin, &len));
  assert_int_equal(begin, 7);
}

static void free_merges_with_nothing(void **state)
{
  struct fixture *fixture = *state;
  FREE_RANGES(fixture, 100, 200, 300, 400);
  FREE_RANGES(fixture, 220, 280);
  ASSERT_RANGES(fixture, 100, 200, 220, 280, 300, 400);
  FREE_RANGES(fixture, 0, 10, 500, UINT64_MAX);
  ASSERT_RANGES(fixture, 0, 10, 100, 200, 220, 280, 300, 400, 500, UINT64_MAX);
}

static void free_merges_with_the_range_below(void **state)
{
  struct fixture *fixture = *state;
  FREE_RANGES(fixture, 100, 200, 300, 400);
  FREE_RANGES(fixture, 200, 250);
  ASSERT_RANGES(fixture, 100, 250, 300, 400);
}

static void free_merges_with_the_range_above(void **state)
{
  struct fixture *fixture = *state;
  FREE_RANGES(fixture, 100, 200, 300, 400);
  FREE_RANGES(fixture, 250, 300);
  ASSERT_RANGES(fixture, 100, 200, 250, 400);
}

static void free_merges_with_both(void **state)
{
  struct fixture *fixture = *state;
  FREE_RANGES(fixture, 100, 200, 300, 400);
  FREE_RANGES(fixture, 200, 300);
  ASSERT_RANGES(fixture, 100, 400);
}

static void what_is_free_cannot_be_freed(void **state)
{
  struct fixture *fixture = *state;
  static const uint64_t wrong[][2] = {{100, 200}, {100, 101}, {199, 200}, {150, 160}, {50, 101},
                                      {199, 300}, {50, 250},  {150, 350}, {200, 301}, {50, 500}};
  FREE_RANGES(fixture, 100, 200, 300, 400);
  for (size_t i = 0; i < COUNT_OF(wrong); i++)
    assert_int_equal(free_list_free(&fixture->list, wrong[i][0], wrong[i][1] - wrong[i][0]),
                     -EINVAL);
  ASSERT_RANGES(fixture, 100, 200, 300, 400);
}

static void allocate_takes_the_lowest_that_fits(void **state)
{
  struct fixture *fixture = *state;
  uint64_t begin;
  FREE_RANGES(fixture, 100, 110, 200, 230, 300, 400);
  assert_int_equal(free_list_allocate(&fixture->list, 20, &begin), 0);
  assert_int_equal(begin, 200);
  ASSERT_RANGES(fixture, 100, 110, 220, 230, 300, 400);
  assert_int_equal(free_list_allocate(&fixture->list, 10, &begin), 0);
  assert_int_equal(begin, 100);
  ASSERT_RANGES(fixture, 220, 230, 300, 400);
  assert_int_equal(free_list_allocate(&fixture->list, 101, &begin), -ENOMEM);
  assert_int_equal(free_list_allocate(&fixture->list, 100, &begin), 0);
  assert_int_equal(begin, 300);
  ASSERT_RANGES(fixture, 220, 230);
}

static void aligned_from_the_low_end(void **state)
{
  struct fixture *fixture = *state;
  uint64_t begin;
  FREE_RANGES(fixture, 10, 70, 100, 200, 250, 400);
  assert_int_equal(free_list_allocate_aligned(&fixture->list, 40, 64, RANGE_LOW, &begin), 0);
  assert_int_equal(begin, 128);
  ASSERT_RANGES(fixture, 10, 70, 100, 128, 168, 200, 250, 400);
  assert_int_equal(free_list_allocate_aligned(&fixture->list, 6, 64, RANGE_LOW, &begin), 0);
  assert_int_equal(begin, 64);
  ASSERT_RANGES(fixture, 10, 64, 100, 128, 168, 200, 250, 400);
  assert_int_equal(free_list_allocate_aligned(&fixture->list, 1, 512, RANGE_LOW, &begin), -ENOMEM);
  assert_int_equal(free_list_allocate_aligned(&fixture->list, 150, 1, RANGE_LOW, &begin), 0);
  assert_int_equal(begin, 250);
}

static void aligned_from_the_high_end(void **state)
{
  struct fixture *fixture = *state;
  uint64_t begin;
  FREE_RANGES(fixture, 10, 70, 100, 200, 257, 310);
  assert_int_equal(free_list_allocate_aligned(&fixture->list, 40, 64, RANGE_HIGH, &begin), 0);
  assert_int_equal(begin, 128);
  ASSERT_RANGES(fixture, 10, 70, 100, 128, 168, 200, 257, 310);
  assert_int_equal(free_list_allocate_aligned(&fixture->list, 10, 1, RANGE_HIGH, &begin), 0);
  assert_int_equal(begin, 300);
  assert_int_equal(free_list_allocate_aligned(&fixture->list, 6, 64, RANGE_HIGH, &begin), 0);
  assert_int_equal(begin, 192);
  assert_int_equal(free_list_allocate_aligned(&fixture->list, 6, 64, RANGE_HIGH, &begin), 0);
  assert_int_equal(begin, 64);
  ASSERT_RANGES(fixture, 10, 64, 100, 128, 168, 192, 198, 200, 257, 300);
}

static void alignment_at_the_ends_of_all_numbers(void **state)
{
  struct fixture *fixture = *state;
  uint64_t begin;
  const uint64_t half = UINT64_C(1) << 63;
  FREE_RANGES(fixture, 1, 100, UINT64_MAX - 100, UINT64_MAX);
  assert_int_equal(free_list_allocate_aligned(&fixture->list, 1, half, RANGE_LOW, &begin), -ENOMEM);
  assert_int_equal(free_list_allocate_aligned(&fixture->list, 1, half, RANGE_HIGH, &begin),
                   -ENOMEM);
  FREE_RANGES(fixture, half, half + 1);
  assert_int_equal(free_list_allocate_aligned(&fixture->list, 1, half, RANGE_HIGH, &begin), 0);
  assert_int_equal(begin, half);
  FREE_RANGES(fixture, 0, 1);
  assert_int_equal(free_list_allocate_aligned(&fixture->list, 1, half, RANGE_HIGH, &begin), 0);
  assert_int_equal(begin, 0);
  ASSERT_RANGES(fixture, 1, 100, UINT64_MAX - 100, UINT64_MAX);
}

static void reserve_takes_exactly_that(void **state)
{
  struct fixture *fixture = *state;
  FREE_RANGES(fixture, 100, 200);
  assert_int_equal(free_list_reserve(&fixture->list, 140, 20), 0);
  ASSERT_RANGES(fixture, 100, 140, 160, 200);
  assert_int_equal(free_list_reserve(&fixture->list, 100, 10), 0);
  assert_int_equal(free_list_reserve(&fixture->list, 190, 10), 0);
  ASSERT_RANGES(fixture, 110, 140, 160, 190);
  assert_int_equal(free_list_reserve(&fixture->list, 110, 30), 0);
  ASSERT_RANGES(fixture, 160, 190);
}

static void reserve_takes_only_what_is_free(void **state)
{
  struct fixture *fixture = *state;
  static const uint64_t wrong[][2] = {{99, 101},  {99, 100},  {199, 201}, {200, 201}, {250, 260},
                                      {150, 310}, {399, 401}, {0, 1},     {400, 500}};
  FREE_RANGES(fixture, 100, 200, 300, 400);
  for (size_t i = 0; i < COUNT_OF(wrong); i++)
    assert_int_equal(free_list_reserve(&fixture->list, wrong[i][0], wrong[i][1] - wrong[i][0]),
                     -ENOMEM);
  ASSERT_RANGES(fixture, 100, 200, 300, 400);
}

static void wrong_arguments_change_nothing(void **state)
{
  struct fixture *fixture = *state;
  struct free_list *list = &fixture->list;
  uint64_t begin = 7;
  FREE_RANGES(fixture, 100, 200);
  assert_int_equal(free_list_allocate(list, 0, &begin), -EINVAL);
  assert_int_equal(free_list_allocate_aligned(list, 0, 1, RANGE_LOW, &begin), -EINVAL);
  assert_int_equal(free_list_allocate_aligned(list, 1, 0, RANGE_LOW, &begin), -EINVAL);
  assert_int_equal(free_list_allocate_aligned(list, 1, 3, RANGE_HIGH, &begin), -EINVAL);
  assert_int_equal(free_list_reserve(list, 100, 0), -EINVAL);
  assert_int_equal(free_list_reserve(list, 150, UINT64_MAX - 149), -EINVAL);
  assert_int_equal(free_list_free(list, 300, 0), -EINVAL);
  assert_int_equal(free_list_free(list, 300, UINT64_MAX - 299), -EINVAL);
  assert_int_equal(begin, 7);
  ASSERT_RANGES(fixture, 100, 200);
}

static void without_nodes_nothing_changes(void **state)
{
  struct fixture *fixture = *state;
  struct free_list *list = &fixture->list;
  uint64_t begin = 7;
  FREE_RANGES(fixture, 0, 1, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 60, 61, 100, 200);
  assert_int_equal(fixture->pool.spare, 0);
  assert_int_equal(free_list_free(list, 80, 1), -ENOBUFS);
  assert_int_equal(free_list_reserve(list, 150, 1), -ENOBUFS);
  assert_int_equal(free_list_allocate_aligned(list, 10, 64, RANGE_LOW, &begin), -ENOBUFS);
  assert_int_equal(begin, 7);
  ASSERT_RANGES(fixture, 0, 1, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 60, 61, 100, 200);
  /* What needs none still works. */
  assert_int_equal(free_list_reserve(list, 100, 1), 0);
  assert_int_equal(free_list_free(list, 200, 1), 0);
  assert_int_equal(free_list_allocate(list, 50, &begin), 0);
  assert_int_equal(begin, 101);
}

static void a_pool_grows(void **state)
{
  struct fixture *fixture = *state;
  struct range more[3];
  FREE_RANGES(fixture, 0, 1, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 60, 61, 100, 200);
  free_list_pool_add(&fixture->pool, more, sizeof(more) - 1);
  assert_int_equal(fixture->pool.spare, 2);
  FREE_RANGES(fixture, 70, 71, 80, 81);
  assert_int_equal(fixture->pool.spare, 0);
  assert_int_equal(fixture->list.ranges, 10);
}

static void finds_from_both_sides_by_length(void **state)
{
  struct fixture *fixture = *state;
  uint64_t begin;
  uint64_t len;
  FREE_RANGES(fixture, 10, 20, 100, 200, 300, 400, 500, 510);
  assert_true(free_list_find(&fixture->list, 10, RANGE_LOW, &begin, &len));
  assert_int_equal(begin, 10);
  assert_int_equal(len, 10);
  assert_true(free_list_find(&fixture->list, 11, RANGE_LOW, &begin, &len));
  assert_int_equal(begin, 100);
  assert_true(free_list_find(&fixture->list, 100, RANGE_HIGH, &begin, &len));
  assert_int_equal(begin, 300);
  assert_int_equal(len, 100);
  assert_false(free_list_find(&fixture->list, 101, RANGE_HIGH, &begin, &len));
}

static void overlaps_at_the_edges(void **state)
{
  struct fixture *fixture = *state;
  FREE_RANGES(fixture, 100, 200, 300, 400);
  assert_false(free_list_overlaps(&fixture->list, 0, 100));
  assert_true(free_list_overlaps(&fixture->list, 0, 101));
  assert_true(free_list_overlaps(&fixture->list, 199, 1));
  assert_false(free_list_overlaps(&fixture->list, 200, 100));
  assert_true(free_list_overlaps(&fixture->list, 200, 101));
  assert_true(free_list_overlaps(&fixture->list, 0, 1000));
  assert_false(free_list_overlaps(&fixture->list, 400, 1000));
  assert_false(free_list_overlaps(&fixture->list, 150, 0));
}

static size_t depth(const struct range *range)
{
  if (range == NULL)
    return 0;
  size_t low = depth(range->child[RANGE_LOW]);
  size_t high = depth(range->child[RANGE_HIGH]);
  return 1 + (low > high ? low : high);
}

/* Ranges that come in order are the worst for a tree that is not balanced. */
static void many_ranges_make_no_deep_tree(void **state)
{
  (void) state;
  const size_t count = 100000;
  struct free_list_pool pool = {0};
  struct free_list list = {.pool = &pool};
  struct range *nodes = calloc(count, sizeof(*nodes));
  assert_non_null(nodes);
  free_list_pool_add(&pool, nodes, count * sizeof(*nodes));
  for (uint64_t i = 0; i < count; i++)
    assert_int_equal(free_list_free(&list, 2 * i, 1), 0);
  assert_in_range(depth(list.tree.root), 17, 80);
  for (uint64_t i = 0; i < count; i++)
    assert_int_equal(free_list_reserve(&list, 2 * i, 1), 0);
  assert_null(list.tree.root);
  assert_int_equal(pool.spare, count);
  free(nodes);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_new_list_is_empty),
      TEST(free_merges_with_nothing),
      TEST(free_merges_with_the_range_below),
      TEST(free_merges_with_the_range_above),
      TEST(free_merges_with_both),
      TEST(what_is_free_cannot_be_freed),
      TEST(allocate_takes_the_lowest_that_fits),
      TEST(aligned_from_the_low_end),
      TEST(aligned_from_the_high_end),
      TEST(alignment_at_the_ends_of_all_numbers),
      TEST(reserve_takes_exactly_that),
      TEST(reserve_takes_only_what_is_free),
      TEST(wrong_arguments_change_nothing),
      TEST(without_nodes_nothing_changes),
      TEST(a_pool_grows),
      TEST(finds_from_both_sides_by_length),
      TEST(overlaps_at_the_edges),
      TEST(many_ranges_make_no_deep_tree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
