/* Tests of guest/arch/x86_64/boot/ring0_memory.c: maps by chance, beside a table with a word for
 * each page. */
#include <string.h>

#include "arch/x86_64/boot/boot.h"
#include "unit_test.h"

#define PAGES          192u
#define MAPS           20000u

#define WINDOW_END_GPA (0x800000000000ull - UHYVE_WINDOW_BASE)

static struct boot_facts facts;

static uint32_t by_chance(uint32_t below)
{
  static uint64_t state = 1;
  state = state * 6364136223846793005ull + 1442695040888963407ull;
  return (uint32_t) (state >> 33) % below;
}

/* Pieces in order, with room between them. */
static void check_order(void)
{
  assert_true(facts.ram_count <= BOOT_MOST_RAM);
  for (unsigned int i = 0; i < facts.ram_count; i++)
  {
    assert_true(facts.ram[i].begin_gpa < facts.ram[i].end_gpa);
    assert_true(i == 0 || facts.ram[i].begin_gpa > facts.ram[i - 1].end_gpa);
  }
}

static bool has_page(uint64_t page)
{
  for (unsigned int i = 0; i < facts.ram_count; i++)
  {
    if (facts.ram[i].begin_gpa <= page * BOOT_PAGE_BYTES &&
        facts.ram[i].end_gpa >= (page + 1) * BOOT_PAGE_BYTES)
      return true;
  }
  return false;
}

static void maps_are_put_in_order(void **state)
{
  (void) state;
  for (unsigned int map = 0; map < MAPS; map++)
  {
    bool is_ram[PAGES] = {false};
    memset(&facts, 0, sizeof(facts));
    unsigned int adds = by_chance(40), count = adds + by_chance(20);
    for (unsigned int i = 0; i < count; i++)
    {
      uint32_t begin = by_chance(PAGES), pages = by_chance(PAGES - begin + 1) >> by_chance(6);
      if (i < adds)
        boot_add_ram(&facts, begin * BOOT_PAGE_BYTES, pages * BOOT_PAGE_BYTES);
      else
        boot_remove_ram(&facts, begin * BOOT_PAGE_BYTES, pages * BOOT_PAGE_BYTES);
      memset(is_ram + begin, i < adds, pages);
      check_order();
    }
    boot_round_ram(&facts);
    assert_int_equal(facts.ram_left_out, 0);
    for (unsigned int i = 0; i < PAGES; i++)
      assert_int_equal(has_page(i), is_ram[i]);
  }
}

/* Memory that is no whole page in one entry may be in two. */
static void only_whole_pages_are_left(void **state)
{
  (void) state;
  memset(&facts, 0, sizeof(facts));
  boot_add_ram(&facts, 0x1001, 0x7ff);
  boot_add_ram(&facts, 0x1800, 0x2800);
  boot_add_ram(&facts, 0x8010, 0x800);
  boot_remove_ram(&facts, 0x2fff, 2);
  boot_round_ram(&facts);
  assert_int_equal(facts.ram_count, 0);
  boot_add_ram(&facts, 0x1000, 0x3000);
  boot_remove_ram(&facts, 0x2fff, 1);
  boot_round_ram(&facts);
  assert_int_equal(facts.ram_count, 2);
  assert_int_equal(facts.ram[0].end_gpa, 0x2000);
  assert_int_equal(facts.ram[1].begin_gpa, 0x3000);
}

static void the_largest_pieces_are_kept(void **state)
{
  (void) state;
  memset(&facts, 0, sizeof(facts));
  for (uint64_t i = 0; i < 3ul * BOOT_MOST_RAM; i++)
  {
    boot_add_ram(&facts, i << 32, (by_chance(1000) + 1) * BOOT_PAGE_BYTES);
    boot_add_ram(&facts, (i << 32) + (1ull << 31), (1000 + i) * BOOT_PAGE_BYTES);
    check_order();
  }
  assert_int_equal(facts.ram_count, BOOT_MOST_RAM);
  assert_int_equal(facts.ram_left_out, 5 * BOOT_MOST_RAM);
  for (unsigned int i = 0; i < BOOT_MOST_RAM; i++)
    assert_true(facts.ram[i].end_gpa - facts.ram[i].begin_gpa >
                (1000 + 2 * BOOT_MOST_RAM - 1) * BOOT_PAGE_BYTES);
  /* Taking out a middle makes one more. */
  boot_remove_ram(&facts, facts.ram[0].begin_gpa + BOOT_PAGE_BYTES, BOOT_PAGE_BYTES);
  check_order();
  assert_int_equal(facts.ram_left_out, 5 * BOOT_MOST_RAM + 1);
}

static void nothing_goes_beyond_the_window(void **state)
{
  (void) state;
  memset(&facts, 0, sizeof(facts));
  boot_add_ram(&facts, WINDOW_END_GPA, 1ull << 40);
  boot_add_ram(&facts, UINT64_MAX - BOOT_PAGE_BYTES, BOOT_PAGE_BYTES);
  assert_int_equal(facts.ram_count, 0);
  boot_add_ram(&facts, 1ull << 32, UINT64_MAX - (1ull << 32));
  assert_int_equal(facts.ram[0].end_gpa, WINDOW_END_GPA);
  boot_remove_ram(&facts, 1ull << 40, UINT64_MAX);
  assert_int_equal(facts.ram_count, 1);
  assert_int_equal(facts.ram[0].end_gpa, 1ull << 40);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(maps_are_put_in_order),
      cmocka_unit_test(only_whole_pages_are_left),
      cmocka_unit_test(the_largest_pieces_are_kept),
      cmocka_unit_test(nothing_goes_beyond_the_window),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
