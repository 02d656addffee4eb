/* Random operations on guest/mm/free_list.c against a byte a number, with many seeds. */
#include "mm/free_list.h"

#include <errno.h>
#include <string.h>

#include "unit_test.h"

enum
{
  NUMBERS = 512,
  NODES = 40, /* fewer than there can be ranges: the pool runs empty now and then */
  SEEDS = 600,
  OPERATIONS = 1500
};

struct fuzz
{
  uint64_t random;
  uint64_t base; /* of the numbers: low, or so high that the last one is the last there is */
  uint8_t is_free[NUMBERS];
  struct range nodes[NODES];
  struct free_list_pool pool;
  struct free_list list;
};

static size_t model_ranges(const struct fuzz *fuzz)
{
  size_t ranges = 0;
  for (size_t i = 0; i < NUMBERS; i++)
    ranges += fuzz->is_free[i] && (i == 0 || !fuzz->is_free[i - 1]);
  return ranges;
}

/* Checks the subtree's order, weights aside, and what it says of its longest range. */
static uint64_t check_subtree(const struct range *range, const struct range *parent)
{
  if (range == NULL)
    return 0;
  assert_ptr_equal(range->parent, parent);
  uint64_t low = check_subtree(range->child[RANGE_LOW], range);
  uint64_t high = check_subtree(range->child[RANGE_HIGH], range);
  uint64_t longest = range->end - range->begin;
  longest = low > longest ? low : longest;
  longest = high > longest ? high : longest;
  assert_int_equal(range->longest, longest);
  return longest;
}

static void check(const struct fuzz *fuzz)
{
  uint8_t seen[NUMBERS] = {0};
  uint64_t total = 0;
  size_t ranges = 0;
  uint64_t last_end = 0;
  struct range *range = range_tree_outermost(&fuzz->list.tree, 1, RANGE_LOW);
  for (; range != NULL; range = range_tree_next(range, 1, RANGE_HIGH))
  {
    assert_true(range->begin >= fuzz->base && range->begin < range->end);
    assert_true(range->end - fuzz->base <= NUMBERS);
    assert_true(ranges == 0 || range->begin > last_end);
    last_end = range->end;
    memset(seen + (range->begin - fuzz->base), 1, range->end - range->begin);
    total += range->end - range->begin;
    ranges++;
  }
  assert_memory_equal(seen, fuzz->is_free, NUMBERS);
  assert_int_equal(ranges, model_ranges(fuzz));
  assert_int_equal(fuzz->list.ranges, ranges);
  assert_int_equal(fuzz->list.total, total);
  assert_int_equal(fuzz->pool.spare, NODES - ranges);
  check_subtree(fuzz->list.tree.root, NULL);
}

static bool all_are(const struct fuzz *fuzz, size_t begin, size_t len, uint8_t value)
{
  for (size_t i = begin; i < begin + len; i++)
    if (fuzz->is_free[i] != value)
      return false;
  return true;
}

/* Does to the model what an operation has to do. Returns what that has to return. */
static int model_set(struct fuzz *fuzz, size_t begin, size_t len, uint8_t value)
{
  uint8_t before[NUMBERS];
  memcpy(before, fuzz->is_free, NUMBERS);
  memset(fuzz->is_free + begin, value, len);
  if (model_ranges(fuzz) <= NODES)
    return 0;
  memcpy(fuzz->is_free, before, NUMBERS);
  return -ENOBUFS;
}

static void random_piece(struct fuzz *fuzz, size_t *begin, size_t *len)
{
  *begin = random_next(&fuzz->random) % NUMBERS;
  size_t len_max = random_next(&fuzz->random) % 4 == 0 ? NUMBERS : 16;
  *len = 1 + random_next(&fuzz->random) % len_max;
  if (*len > NUMBERS - *begin)
    *len = NUMBERS - *begin;
}

static void fuzz_free(struct fuzz *fuzz)
{
  size_t begin;
  size_t len;
  random_piece(fuzz, &begin, &len);
  assert_int_equal(free_list_overlaps(&fuzz->list, fuzz->base + begin, len),
                   !all_are(fuzz, begin, len, 0));
  int expected = all_are(fuzz, begin, len, 0) ? model_set(fuzz, begin, len, 1) : -EINVAL;
  assert_int_equal(free_list_free(&fuzz->list, fuzz->base + begin, len), expected);
}

static void fuzz_reserve(struct fuzz *fuzz)
{
  size_t begin;
  size_t len;
  random_piece(fuzz, &begin, &len);
  int expected = all_are(fuzz, begin, len, 1) ? model_set(fuzz, begin, len, 0) : -ENOMEM;
  assert_int_equal(free_list_reserve(&fuzz->list, fuzz->base + begin, len), expected);
}

static void fuzz_allocate(struct fuzz *fuzz)
{
  size_t place;
  size_t len;
  random_piece(fuzz, &place, &len);
  uint64_t align = UINT64_C(1) << random_next(&fuzz->random) % 8;
  enum range_side side = random_next(&fuzz->random) % 2 == 0 ? RANGE_LOW : RANGE_HIGH;
  int expected = -ENOMEM;
  for (size_t i = 0; i + len <= NUMBERS && expected == -ENOMEM; i++)
  {
    place = side == RANGE_LOW ? i : NUMBERS - len - i;
    if ((fuzz->base + place) % align == 0 && all_are(fuzz, place, len, 1))
      expected = model_set(fuzz, place, len, 0);
  }
  uint64_t begin = 1;
  int result = align == 1 && side == RANGE_LOW
                   ? free_list_allocate(&fuzz->list, len, &begin)
                   : free_list_allocate_aligned(&fuzz->list, len, align, side, &begin);
  assert_int_equal(result, expected);
  assert_int_equal(begin, expected == 0 ? fuzz->base + place : 1);
}

static void fuzz_find(struct fuzz *fuzz)
{
  uint64_t len_min = 1 + random_next(&fuzz->random) % 32;
  enum range_side side = random_next(&fuzz->random) % 2 == 0 ? RANGE_LOW : RANGE_HIGH;
  uint64_t expected_begin = 0;
  uint64_t expected_len = 0;
  size_t run = 0;
  for (size_t i = 0; i <= NUMBERS; i++)
  {
    if (i < NUMBERS && fuzz->is_free[i])
    {
      run++;
      continue;
    }
    if (run >= len_min && (side == RANGE_HIGH || expected_len == 0))
    {
      expected_begin = fuzz->base + i - run;
      expected_len = run;
    }
    run = 0;
  }
  uint64_t begin = 0;
  uint64_t len = 0;
  assert_int_equal(free_list_find(&fuzz->list, len_min, side, &begin, &len), expected_len != 0);
  assert_int_equal(begin, expected_begin);
  assert_int_equal(len, expected_len);
}

static void fuzz_once(uint64_t seed)
{
  struct fuzz fuzz = {.random = seed, .base = seed % 2 == 0 ? 0 : UINT64_MAX - NUMBERS};
  void (*const operations[])(struct fuzz *) = {fuzz_free, fuzz_free, fuzz_reserve, fuzz_allocate,
                                               fuzz_find};
  free_list_pool_add(&fuzz.pool, fuzz.nodes, sizeof(fuzz.nodes));
  fuzz.list.pool = &fuzz.pool;
  for (int i = 0; i < OPERATIONS; i++)
  {
    operations[random_next(&fuzz.random) % COUNT_OF(operations)](&fuzz);
    check(&fuzz);
  }
}

static void agrees_with_a_map_of_bytes(void **state)
{
  (void) state;
  for (uint64_t seed = 0; seed < SEEDS; seed++)
    fuzz_once(seed);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_a_map_of_bytes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
