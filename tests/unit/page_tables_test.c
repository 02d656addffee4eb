/* Tests of uhyve/page_tables.c: what is written translates as asked, and stays in its pool. */
#include "uhyve/page_tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "page_walk.h"
#include "unit_test.h"

#define PAGE     UINT64_C(4096)
#define POOL_GPA UINT64_C(0x7600000)
#define GUARD    0xa5

/* A pool between two pages that must not change. */
struct pool
{
  uint8_t *memory;
  struct page_tables tables;
  struct page_pool walk;
};

static void pool_create(struct pool *pool, uint64_t bytes, bool huge_pages)
{
  pool->memory = malloc(bytes + 2 * (size_t) PAGE);
  assert_non_null(pool->memory);
  memset(pool->memory, GUARD, bytes + 2 * (size_t) PAGE);
  memset(pool->memory + PAGE, 0, bytes);
  pool->tables = (struct page_tables){.pool_hva = pool->memory + PAGE,
                                      .pool_gpa = POOL_GPA,
                                      .pool_bytes = bytes,
                                      .huge_pages = huge_pages};
  pool->walk = (struct page_pool){.hva = pool->memory + PAGE, .gpa = POOL_GPA, .bytes = bytes};
}

static void pool_destroy(struct pool *pool)
{
  uint64_t bytes = pool->tables.pool_bytes;
  assert_true(pool->tables.used_bytes <= bytes);
  for (size_t i = 0; i < PAGE; i++)
  {
    assert_int_equal(pool->memory[i], GUARD);
    assert_int_equal(pool->memory[PAGE + bytes + i], GUARD);
  }
  for (uint64_t i = pool->tables.used_bytes; i < bytes; i++)
    assert_int_equal(pool->memory[PAGE + i], 0);
  free(pool->memory);
  page_tables_free(&pool->tables);
}

struct map_case
{
  uint64_t gva, gpa, len_bytes;
  bool huge_pages;
  unsigned int small_count, large_count, huge_count; /* pages of 4 KiB, 2 MiB, 1 GiB */
};

static const struct map_case map_cases[] = {
    {0x1000, 0x5000, 0x1000, true, 1, 0, 0},
    {0x7ffffffff000, 0, 0x1000, true, 1, 0, 0},
    {0x1ff000, 0x3000, 0x3000, true, 3, 0, 0},         /* over the edge of a table */
    {0x7ffffff000, 0x40000000, 0x2000, true, 2, 0, 0}, /* of all tables */
    {2 * MIB, 4 * MIB, 2 * MIB, true, 0, 1, 0},
    {2 * MIB, 4 * MIB, 2 * MIB - 0x1000, true, 511, 0, 0},
    {2 * MIB, 4 * MIB + 0x1000, 2 * MIB, true, 512, 0, 0},
    {2 * MIB + 0x1000, 4 * MIB, 2 * MIB, true, 512, 0, 0},
    {2 * MIB - 0x1000, 4 * MIB - 0x1000, 2 * MIB + 0x2000, true, 2, 1, 0},
    {GIB, 2 * GIB, GIB, true, 0, 0, 1},
    {GIB, 2 * GIB, GIB, false, 0, 512, 0},
    {GIB, 2 * GIB + 2 * MIB, GIB, true, 0, 512, 0},
    {GIB + 2 * MIB, 2 * GIB, GIB, true, 0, 512, 0},
    {GIB, 2 * GIB, GIB - 2 * MIB, true, 0, 511, 0},
    {GIB - 2 * MIB - 0x1000, 5 * GIB - 2 * MIB - 0x1000, 3 * GIB + 4 * MIB + 0x2000, true, 2, 2, 3},
    {UINT64_C(16) << 40, 0, 3 * GIB, true, 0, 0, 3},
    {(UINT64_C(16) << 40) + 4 * GIB, 4 * GIB, 600 * GIB, true, 0, 0, 600},
    {0x100000000, 0, 0, true, 0, 0, 0},
};

static void maps_in_the_largest_pages(void **state)
{
  (void) state;
  for (size_t i = 0; i < COUNT_OF(map_cases); i++)
  {
    const struct map_case *map = &map_cases[i];
    struct pool pool;
    struct page_leaves leaves;
    unsigned int counts[3] = {0};
    uint64_t done_bytes = 0;
    pool_create(&pool, 64 * PAGE, map->huge_pages);
    assert_int_equal(page_tables_init(&pool.tables), 0);
    assert_int_equal(page_tables_map(&pool.tables, map->gva, map->gpa, map->len_bytes, PTE_NX), 0);
    page_walk_all(&pool.walk, &leaves);
    for (unsigned int n = 0; n < leaves.count; n++)
    {
      const struct page_leaf *leaf = &leaves.leaf[n];
      assert_int_equal(leaf->gva, map->gva + done_bytes);
      assert_int_equal(leaf->gpa, map->gpa + done_bytes);
      done_bytes += leaf->len_bytes;
      counts[leaf->len_bytes == GIB ? 2 : leaf->len_bytes == 2 * MIB]++;
    }
    assert_int_equal(done_bytes, map->len_bytes);
    assert_int_equal(counts[0], map->small_count);
    assert_int_equal(counts[1], map->large_count);
    assert_int_equal(counts[2], map->huge_count);
    page_leaves_free(&leaves);
    pool_destroy(&pool);
  }
}

struct range
{
  uint64_t gva, gpa, len_bytes, rights;
};

#define RANGES 12

/* One range in every 64 GiB, all of them unlike. */
static void make_ranges(struct range *ranges, uint64_t *seed)
{
  for (uint64_t i = 0; i < RANGES; i++)
  {
    uint64_t unit = i % 3 == 0 ? PAGE : i % 3 == 1 ? 2 * MIB : GIB;
    uint64_t pages = 1 + random_next(seed) % 700;
    ranges[i] = (struct range){
        .gva = (i << 36) + random_next(seed) % 32 * unit,
        .gpa = random_next(seed) % 1024 * unit,
        .len_bytes = i % 3 == 2 ? pages * 4 * MIB + pages * PAGE : pages * PAGE,
        .rights = random_next(seed) % 2 * PTE_WRITABLE | random_next(seed) % 2 * PTE_USER |
                  random_next(seed) % 2 * PTE_NX,
    };
  }
}

/* The range gva lies in, or null. */
static const struct range *range_of(const struct range *ranges, uint64_t gva)
{
  for (unsigned int i = 0; i < RANGES; i++)
    if (gva >= ranges[i].gva && gva - ranges[i].gva < ranges[i].len_bytes)
      return &ranges[i];
  return NULL;
}

static void check_address(const struct page_pool *walk, const struct range *ranges, uint64_t gva)
{
  const struct range *range = range_of(ranges, gva);
  struct page_leaf leaf;
  assert_int_equal(page_walk_find(walk, gva, &leaf), range != NULL);
  if (range == NULL)
    return;
  assert_int_equal(leaf.gpa + (gva - leaf.gva), range->gpa + (gva - range->gva));
  assert_int_equal(leaf.writable, (range->rights & PTE_WRITABLE) != 0);
  assert_int_equal(leaf.user, (range->rights & PTE_USER) != 0);
  assert_int_equal(leaf.executable, (range->rights & PTE_NX) == 0);
}

static void many_ranges_translate(void **state)
{
  (void) state;
  uint64_t seed = 3;
  for (unsigned int round = 0; round < 10; round++)
  {
    struct range ranges[RANGES];
    struct pool pool;
    pool_create(&pool, 4 * MIB, round % 2 == 0);
    make_ranges(ranges, &seed);
    assert_int_equal(page_tables_init(&pool.tables), 0);
    for (unsigned int i = 0; i < RANGES; i++)
      assert_int_equal(page_tables_map(&pool.tables, ranges[i].gva, ranges[i].gpa,
                                       ranges[i].len_bytes, ranges[i].rights),
                       0);
    for (unsigned int i = 0; i < RANGES; i++)
    {
      uint64_t last = ranges[i].gva + ranges[i].len_bytes - 1;
      check_address(&pool.walk, ranges, ranges[i].gva);
      check_address(&pool.walk, ranges, last);
      check_address(&pool.walk, ranges, last + 1);
      if (ranges[i].gva > 0)
        check_address(&pool.walk, ranges, ranges[i].gva - 1);
      for (unsigned int n = 0; n < 500; n++)
        check_address(&pool.walk, ranges,
                      ranges[i].gva + random_next(&seed) % (2 * ranges[i].len_bytes));
    }
    pool_destroy(&pool);
  }
}

/* What reads one table entry after another must not depend on the levels above. */
static void rights_are_those_of_the_page(void **state)
{
  (void) state;
  const uint64_t sizes[] = {PAGE, 2 * MIB, GIB};
  for (unsigned int bits = 0; bits < 8 * COUNT_OF(sizes); bits++)
  {
    uint64_t len_bytes = sizes[bits / 8];
    uint64_t rights = ((bits & 1) != 0 ? PTE_WRITABLE : 0) | ((bits & 2) != 0 ? PTE_USER : 0) |
                      ((bits & 4) != 0 ? PTE_NX : 0);
    struct pool pool;
    struct page_leaf leaf = {0};
    pool_create(&pool, 8 * PAGE, true);
    assert_int_equal(page_tables_init(&pool.tables), 0);
    assert_int_equal(page_tables_map(&pool.tables, GIB, 0, len_bytes, rights), 0);
    assert_true(page_walk_find(&pool.walk, GIB, &leaf));
    assert_int_equal(leaf.len_bytes, len_bytes);
    assert_int_equal(leaf.writable, bits & 1);
    assert_int_equal(leaf.user, (bits & 2) != 0);
    assert_int_equal(leaf.executable, (bits & 4) == 0);
    assert_true(leaf.accessed);
    assert_true(leaf.dirty);
    pool_destroy(&pool);
  }
}

/* Three pages that need three tables each besides the root. */
static int map_scattered(struct page_tables *tables)
{
  int error = page_tables_init(tables);
  for (uint64_t i = 1; i <= 3 && error == 0; i++)
    error = page_tables_map(tables, i << 40, i * PAGE, PAGE, PTE_USER);
  return error;
}

static void stays_in_its_pool(void **state)
{
  (void) state;
  const uint64_t needed = 10 * PAGE;
  for (uint64_t bytes = 0; bytes <= needed + PAGE; bytes += PAGE / 2)
  {
    struct pool pool;
    struct page_leaf leaf;
    pool_create(&pool, bytes, true);
    assert_int_equal(map_scattered(&pool.tables), bytes >= needed ? 0 : -ENOSPC);
    if (bytes >= PAGE)
      for (uint64_t i = 1; i <= 3; i++)
        assert_int_equal(page_walk_find(&pool.walk, i << 40, &leaf), bytes >= (1 + 3 * i) * PAGE);
    pool_destroy(&pool);
  }
}

static void reports_exhaustion_inside_a_range(void **state)
{
  (void) state;
  struct pool pool;
  /* Root, two levels, and tables for 4 MiB of small pages. */
  pool_create(&pool, 5 * PAGE, true);
  assert_int_equal(page_tables_init(&pool.tables), 0);
  assert_int_equal(page_tables_map(&pool.tables, 0, PAGE, 6 * MIB, PTE_USER), -ENOSPC);
  assert_int_equal(page_walk_gpa(&pool.walk, 4 * MIB - 1), 4 * MIB + PAGE - 1);
  /* What has its tables can still be mapped. */
  assert_int_equal(page_tables_map(&pool.tables, 8 * MIB, 8 * MIB, 2 * MIB, PTE_USER), 0);
  assert_int_equal(page_tables_map(&pool.tables, 10 * MIB, 8 * MIB, PAGE, PTE_USER), -ENOSPC);
  pool_destroy(&pool);
}

/* Ring 0 of a running guest writes to its tables as it likes; the monitor still maps there. Where
 * the damaged entries lead must not matter to it: it writes to the tables it made. */
static void damaged_tables_lead_nowhere(void **state)
{
  (void) state;
  const uint64_t wild[] = {POOL_GPA + 8 * PAGE, POOL_GPA - PAGE};
  for (size_t i = 0; i < COUNT_OF(wild); i++)
    for (unsigned int level = 0; level < 3; level++)
    {
      struct pool pool;
      pool_create(&pool, 8 * PAGE, true);
      assert_int_equal(page_tables_init(&pool.tables), 0);
      assert_int_equal(page_tables_map(&pool.tables, 0, 0, PAGE, PTE_USER), 0);
      /* Tables follow each other; the first entry of each leads to the next. */
      uint64_t entry = wild[i] | PTE_PRESENT | PTE_WRITABLE | PTE_USER;
      memcpy(pool.memory + (1 + level) * PAGE, &entry, sizeof(entry));
      assert_int_equal(page_tables_map(&pool.tables, PAGE, PAGE, PAGE, PTE_USER), 0);
      uint64_t written;
      memcpy(&written, pool.memory + (1 + 3) * PAGE + sizeof(written), sizeof(written));
      assert_int_equal(written & PTE_ADDRESS, PAGE);
      pool_destroy(&pool);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(maps_in_the_largest_pages),
      cmocka_unit_test(many_ranges_translate),
      cmocka_unit_test(rights_are_those_of_the_page),
      cmocka_unit_test(stays_in_its_pool),
      cmocka_unit_test(reports_exhaustion_inside_a_range),
      cmocka_unit_test(damaged_tables_lead_nowhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
