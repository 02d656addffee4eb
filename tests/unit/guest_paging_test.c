/* Paging of the kernel library against a simple model: an array of pages. */
#include "mm/paging.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86_64/page_tables.h"
#include "start_info.h"
#include "unit_test.h"

#define PAGE       4096ul
#define LARGE      (2ul << 20)
#define HUGE       (1ul << 30)
#define POOL_GPA   0x400000ul
#define POOL_MAX   64u
#define AREA_PAGES 2048u
/* Around an address where the next table of tables begins. */
#define AREA_GVA (0x80000000000ul + (1ul << 39) - AREA_PAGES / 2 * PAGE)

struct uhyve_start_info *start_info;

static struct uhyve_start_info info;
static uint64_t pool[POOL_MAX][512];
static uint64_t buffer[UHYVE_TABLE_ENTRIES];
static unsigned int writes;
static bool huge_pages = true;

struct model_page
{
  bool mapped;
  uint64_t gpa;
  unsigned int rights;
};

static struct model_page model[AREA_PAGES];

const uint64_t *table_at(uint64_t table_gpa)
{
  assert_true(table_gpa >= POOL_GPA && table_gpa % PAGE == 0);
  uint64_t table = (table_gpa - POOL_GPA) / PAGE;
  assert_true(table < info.page_tables_len_bytes / PAGE);
  return pool[table];
}

uint64_t *table_buffer(void)
{
  return buffer;
}

void table_write(uint64_t table_gpa, unsigned int index, unsigned int count, bool last)
{
  (void) last;
  assert_true(count > 0 && count <= UHYVE_TABLE_ENTRIES && index + count <= 512);
  memcpy(&pool[(table_gpa - POOL_GPA) / PAGE][index], buffer, count * sizeof(buffer[0]));
  memset(buffer, 0xa5, sizeof(buffer));
  writes++;
}

bool table_has_huge_pages(void)
{
  return huge_pages;
}

/* The pool keeps its own books, so each test goes on with what the one before left: nothing. */
static uint64_t gva_of(unsigned int page)
{
  return AREA_GVA + page * PAGE;
}

static void check_pages(unsigned int first, unsigned int count)
{
  for (unsigned int i = first; i < first + count; i++)
  {
    struct paging_page page = paging_translate(gva_of(i) + 123);
    assert_int_equal(page.mapped, model[i].mapped);
    assert_int_equal(page.rights, model[i].mapped ? model[i].rights : PAGING_NONE);
    if (page.mapped)
      assert_int_equal(page.gpa + (gva_of(i) & (page.page_bytes - 1)), model[i].gpa);
  }
}

static unsigned int below(unsigned int bound)
{
  return (unsigned int) random() % bound;
}

static const unsigned int all_rights[] = {PAGING_NONE, PAGING_READ, PAGING_READ | PAGING_WRITE,
                                          PAGING_READ | PAGING_EXECUTE};

/* A range that often begins and ends at a large page. */
static void random_range(unsigned int *first, unsigned int *count)
{
  unsigned int begin = below(AREA_PAGES);
  unsigned int end = below(AREA_PAGES);
  if (begin > end)
  {
    unsigned int swap = begin;
    begin = end;
    end = swap;
  }
  if (below(2) == 0)
    begin -= begin % 512;
  if (below(2) == 0)
    end = (end + 511) / 512 * 512;
  if (below(3) == 0)
    end = begin + 1 + below(20);
  if (end <= begin)
    end = begin + 1;
  *first = begin;
  *count = (end < AREA_PAGES ? end : AREA_PAGES) - begin;
}

static void random_map(unsigned int first, unsigned int count)
{
  unsigned int free_pages = 0;
  while (free_pages < count && !model[first + free_pages].mapped)
    free_pages++;
  if (free_pages == 0)
    return;
  uint64_t gpa = (1 + (uint64_t) below(1000)) * LARGE + gva_of(first) % LARGE;
  if (below(4) == 0)
    gpa += below(512) * PAGE;
  unsigned int rights = all_rights[below(4)];
  static const uint64_t sizes[] = {PAGE, LARGE, HUGE};
  assert_int_equal(paging_map(gva_of(first), gpa, free_pages * PAGE, rights, sizes[below(3)]), 0);
  for (unsigned int i = 0; i < free_pages; i++)
    model[first + i] = (struct model_page){.mapped = true, .gpa = gpa + i * PAGE, .rights = rights};
}

static bool loses_rights(unsigned int first, unsigned int count, unsigned int rights)
{
  for (unsigned int i = first; i < first + count; i++)
  {
    if (model[i].mapped && (model[i].rights & ~rights) != 0)
      return true;
  }
  return false;
}

static void random_protect(unsigned int first, unsigned int count)
{
  unsigned int rights = all_rights[below(4)];
  bool expected = loses_rights(first, count, rights);
  bool flush = false;
  assert_int_equal(paging_protect(gva_of(first), count * PAGE, rights, &flush), 0);
  assert_int_equal(flush, expected);
  for (unsigned int i = first; i < first + count; i++)
    model[i].rights = rights;
  writes = 0;
  assert_int_equal(paging_protect(gva_of(first), count * PAGE, rights, &flush), 0);
  assert_int_equal(writes, 0);
}

struct released
{
  unsigned int page;
  unsigned int end;
};

/* Pieces come in ascending order. */
static void check_release(void *argument, uint64_t gpa, uint64_t len_bytes)
{
  struct released *released = argument;
  for (; len_bytes > 0; gpa += PAGE, len_bytes -= PAGE, released->page++)
  {
    while (released->page < released->end && !model[released->page].mapped)
      released->page++;
    assert_true(released->page < released->end);
    assert_int_equal(gpa, model[released->page].gpa);
  }
}

static void random_unmap(unsigned int first, unsigned int count)
{
  bool flush = false;
  bool expected = loses_rights(first, count, PAGING_NONE);
  struct released released = {.page = first, .end = first + count};
  assert_int_equal(paging_unmap(gva_of(first), count * PAGE, check_release, &released, &flush), 0);
  assert_true(flush || !expected);
  for (unsigned int i = first; i < first + count; i++)
  {
    assert_true(i < released.page || !model[i].mapped);
    model[i].mapped = false;
  }
}

static void test_random(void **state)
{
  (void) state;
  srandom(4711);
  unsigned int joins = 0;
  for (unsigned int step = 0; step < 30000; step++)
  {
    unsigned int first;
    unsigned int count;
    random_range(&first, &count);
    bool flush = false;
    switch (below(5))
    {
    case 0:
    case 1:
      random_map(first, count);
      break;
    case 2:
      random_protect(first, count);
      break;
    case 3:
      random_unmap(first, count);
      break;
    default:
      joins += paging_join(gva_of(first), &flush);
    }
    if (step % 20 == 0)
      check_pages(0, AREA_PAGES);
  }
  assert_true(joins > 10);
  check_pages(0, AREA_PAGES);
  bool flush = false;
  assert_int_equal(paging_unmap(AREA_GVA, AREA_PAGES * PAGE, NULL, NULL, &flush), 0);
  memset(model, 0, sizeof(model));
  check_pages(0, AREA_PAGES);
}

/* The tables above those of small pages stay. */
static void test_tables_return(void **state)
{
  (void) state;
  assert_int_equal(paging_prepare(AREA_GVA, AREA_PAGES * PAGE, LARGE), 0);
  uint64_t left = paging_tables_left();
  for (unsigned int i = 0; i < 100; i++)
  {
    assert_int_equal(paging_tables_missing(AREA_GVA, AREA_PAGES * PAGE, PAGE), 4);
    assert_int_equal(paging_prepare(AREA_GVA, AREA_PAGES * PAGE, PAGE), 0);
    assert_int_equal(paging_tables_left(), left - 4);
    assert_int_equal(paging_tables_missing(AREA_GVA, AREA_PAGES * PAGE, PAGE), 0);
    writes = 0;
    assert_int_equal(paging_map(AREA_GVA, HUGE, 16 * PAGE, PAGING_READ, PAGE), 0);
    assert_int_equal(writes, 1);
    bool flush = false;
    assert_int_equal(paging_unmap(AREA_GVA, AREA_PAGES * PAGE, NULL, NULL, &flush), 0);
    assert_true(flush);
    assert_int_equal(paging_tables_left(), left);
  }
}

static void test_huge(void **state)
{
  (void) state;
  uint64_t gva = 0x90000000000ul;
  assert_int_equal(paging_map(gva, 4 * HUGE, HUGE, PAGING_READ, HUGE), 0);
  assert_int_equal(paging_translate(gva).page_bytes, HUGE);
  bool flush = false;
  assert_int_equal(paging_protect(gva + 5 * PAGE, PAGE, PAGING_READ | PAGING_WRITE, &flush), 0);
  assert_false(flush);
  assert_int_equal(paging_translate(gva + 5 * PAGE).gpa, 4 * HUGE + 5 * PAGE);
  assert_int_equal(paging_translate(gva + 5 * PAGE).rights, PAGING_READ | PAGING_WRITE);
  assert_int_equal(paging_translate(gva + 6 * PAGE).rights, PAGING_READ);
  assert_int_equal(paging_translate(gva + HUGE - 1).page_bytes, LARGE);
  assert_false(paging_join(gva, &flush));
  assert_int_equal(paging_protect(gva, LARGE, PAGING_READ, &flush), 0);
  assert_true(flush);
  assert_true(paging_join(gva + LARGE - 1, &flush));
  assert_int_equal(paging_translate(gva).page_bytes, LARGE);
  huge_pages = false;
  assert_false(paging_join(gva, &flush));
  huge_pages = true;
  assert_true(paging_join(gva, &flush));
  assert_int_equal(paging_translate(gva + HUGE - 1).page_bytes, HUGE);
  assert_int_equal(paging_unmap(gva, HUGE, NULL, NULL, &flush), 0);
  assert_false(paging_translate(gva).mapped);
}

/* Without tables a large page cannot be split, and stays as it is. */
static void test_no_tables(void **state)
{
  (void) state;
  assert_int_equal(paging_map(AREA_GVA, HUGE, LARGE, PAGING_READ, LARGE), 0);
  uint64_t gva = 0xa0000000000ul;
  int error = 0;
  uint64_t mapped_bytes = 0;
  while (error == 0)
  {
    error = paging_map(gva + mapped_bytes, HUGE, PAGE, PAGING_READ, PAGE);
    mapped_bytes += LARGE;
  }
  assert_int_equal(error, -ENOMEM);
  assert_int_equal(paging_tables_left(), 0);
  bool flush = false;
  assert_int_equal(paging_protect(AREA_GVA + PAGE, PAGE, PAGING_NONE, &flush), -ENOMEM);
  assert_int_equal(paging_unmap(AREA_GVA + PAGE, PAGE, NULL, NULL, &flush), -ENOMEM);
  assert_int_equal(paging_prepare(AREA_GVA + LARGE, LARGE, PAGE), -ENOMEM);
  assert_false(flush);
  assert_int_equal(paging_translate(AREA_GVA).page_bytes, LARGE);
  assert_int_equal(paging_unmap(gva, mapped_bytes, NULL, NULL, &flush), 0);
  assert_int_equal(paging_protect(AREA_GVA + PAGE, PAGE, PAGING_NONE, &flush), 0);
  assert_true(paging_translate(AREA_GVA + PAGE).mapped);
  assert_int_equal(paging_translate(AREA_GVA + PAGE).gpa, HUGE + PAGE);
  assert_int_equal(paging_unmap(AREA_GVA, LARGE, NULL, NULL, &flush), 0);
}

int main(void)
{
  info.page_table_root_gpa = POOL_GPA;
  info.page_tables_gpa = POOL_GPA;
  info.page_tables_len_bytes = POOL_MAX * PAGE;
  info.page_tables_used_bytes = PAGE;
  start_info = &info;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random),
      cmocka_unit_test(test_tables_return),
      cmocka_unit_test(test_huge),
      cmocka_unit_test(test_no_tables),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
