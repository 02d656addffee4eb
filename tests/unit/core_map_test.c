/* Tests of uhyve/core_map.c: what it finds in page tables, and that it ends with any. */
#include "uhyve/core_map.h"

#include <elf.h>
#include <string.h>

#include "uhyve/page_tables.h"
#include "unit_test.h"

#define RAM_BYTES  (64 * MIB)
#define POOL_GPA   (2 * MIB)
#define POOL_BYTES (4 * MIB)
#define END_GVA    (UINT64_C(16) << 40)

struct guest
{
  struct guest_memory memory;
  struct page_tables tables;
  struct core_map map;
};

static void create(struct guest *guest)
{
  memset(guest, 0, sizeof(*guest));
  assert_int_equal(guest_memory_reserve(&guest->memory, RAM_BYTES), 0);
  guest->tables = (struct page_tables){
      .pool_hva = guest_memory_hva(&guest->memory, POOL_GPA, POOL_BYTES),
      .pool_gpa = POOL_GPA,
      .pool_bytes = POOL_BYTES,
      .huge_pages = true,
  };
  assert_int_equal(page_tables_init(&guest->tables), 0);
}

static void destroy(struct guest *guest)
{
  core_map_free(&guest->map);
  page_tables_free(&guest->tables);
  guest_memory_release(&guest->memory);
}

static void map(struct guest *guest, uint64_t gva, uint64_t gpa, uint64_t len_bytes,
                uint64_t rights)
{
  assert_int_equal(page_tables_map(&guest->tables, gva, gpa, len_bytes, rights), 0);
}

static void read_map(struct guest *guest, uint64_t most_bytes)
{
  core_map_free(&guest->map);
  assert_int_equal(core_map_read(&guest->map, &guest->memory, POOL_GPA, END_GVA, most_bytes), 0);
}

static void finds_what_the_program_may_use(void **state)
{
  (void) state;
  const struct core_range expected[] = {
      {0x200000, 0x3000, PF_R | PF_X},         {0x203000, 0x1000, PF_R},
      {0x204000, 0x2000, PF_R | PF_W},         {0x140000000, 4 * MIB + 0x1000, PF_R | PF_W},
      {END_GVA - 0x1000, 0x1000, PF_R | PF_W},
  };
  struct guest guest;
  create(&guest);
  map(&guest, 0x200000, 0x800000, 0x3000, PTE_USER);
  map(&guest, 0x203000, 0x900000, 0x1000, PTE_USER | PTE_NX);
  map(&guest, 0x204000, 0xa00000, 0x2000, PTE_USER | PTE_WRITABLE | PTE_NX);
  map(&guest, 0x206000, 0xb00000, 0x2000, PTE_WRITABLE | PTE_NX);
  map(&guest, 0x140000000, 0xc00000, 4 * MIB + 0x1000, PTE_USER | PTE_WRITABLE | PTE_NX);
  map(&guest, END_GVA - 0x1000, 0x800000, 0x2000, PTE_USER | PTE_WRITABLE | PTE_NX);
  read_map(&guest, 2 * RAM_BYTES);
  assert_false(guest.map.is_cut);
  assert_int_equal(guest.map.count, COUNT_OF(expected));
  uint64_t len_bytes = 0;
  for (size_t i = 0; i < COUNT_OF(expected); i++)
  {
    assert_int_equal(guest.map.list[i].gva, expected[i].gva);
    assert_int_equal(guest.map.list[i].len_bytes, expected[i].len_bytes);
    assert_int_equal(guest.map.list[i].flags, expected[i].flags);
    len_bytes += expected[i].len_bytes;
  }
  assert_int_equal(guest.map.len_bytes, len_bytes);
  destroy(&guest);
}

static void write_entry(struct guest *guest, uint64_t table_gpa, unsigned int index, uint64_t entry)
{
  uint8_t *table = guest_memory_hva(&guest->memory, table_gpa, GUEST_PAGE_BYTES);
  memcpy(table + index * sizeof(entry), &entry, sizeof(entry));
}

#define ALL_RIGHTS (PTE_PRESENT | PTE_USER | PTE_WRITABLE)

static void pages_outside_of_the_memory_are_left_out(void **state)
{
  (void) state;
  static const uint64_t gpas[] = {RAM_BYTES, RAM_BYTES - GUEST_PAGE_BYTES + GUEST_LARGE_BYTES,
                                  3 * GIB, PTE_ADDRESS};
  for (unsigned int level = 0; level < 4; level++)
  {
    struct guest guest;
    create(&guest);
    uint64_t table_gpa = POOL_GPA;
    for (unsigned int i = 0; i < level; i++, table_gpa += GUEST_PAGE_BYTES)
      write_entry(&guest, table_gpa, 0, (table_gpa + GUEST_PAGE_BYTES) | ALL_RIGHTS);
    for (unsigned int i = 0; i < COUNT_OF(gpas); i++)
    {
      write_entry(&guest, table_gpa, i, (gpas[i] & PTE_ADDRESS) | ALL_RIGHTS);
      write_entry(&guest, table_gpa, 8 + i, (gpas[i] & PTE_ADDRESS) | ALL_RIGHTS | PTE_LARGE);
    }
    read_map(&guest, 2 * RAM_BYTES);
    assert_int_equal(guest.map.count, 0);
    destroy(&guest);
  }
}

/* All tables are one: every address leads to it. */
static void loops_end(void **state)
{
  (void) state;
  struct guest guest;
  create(&guest);
  for (unsigned int i = 0; i < 512; i++)
    write_entry(&guest, POOL_GPA, i, POOL_GPA | ALL_RIGHTS);
  read_map(&guest, 2 * RAM_BYTES);
  assert_true(guest.map.is_cut);
  assert_true(guest.map.len_bytes <= 2 * RAM_BYTES);
  /* No page at all at the end of it, so that only the number of tables ends it. */
  for (unsigned int i = 0; i < 512; i++)
    write_entry(&guest, POOL_GPA, i, (POOL_GPA + GUEST_PAGE_BYTES) | ALL_RIGHTS);
  for (unsigned int i = 0; i < 512; i++)
    write_entry(&guest, POOL_GPA + GUEST_PAGE_BYTES, i,
                (POOL_GPA + 2 * GUEST_PAGE_BYTES) | ALL_RIGHTS);
  for (unsigned int i = 0; i < 512; i++)
    write_entry(&guest, POOL_GPA + 2 * GUEST_PAGE_BYTES, i,
                (POOL_GPA + 3 * GUEST_PAGE_BYTES) | ALL_RIGHTS);
  read_map(&guest, 2 * RAM_BYTES);
  assert_true(guest.map.is_cut);
  assert_int_equal(guest.map.count, 0);
  destroy(&guest);
}

static void bytes_and_ranges_are_bounded(void **state)
{
  (void) state;
  struct guest guest;
  create(&guest);
  map(&guest, 0x200000, 0x800000, 0x10000, PTE_USER);
  read_map(&guest, 0x10000);
  assert_false(guest.map.is_cut);
  read_map(&guest, 0xffff);
  assert_true(guest.map.is_cut);
  assert_int_equal(guest.map.len_bytes, 0xf000);
  /* Every other page, more than there can be headers. */
  for (uint64_t i = 0; i < CORE_MAP_RANGES_MAX + 10; i++)
    map(&guest, 0x140000000 + i * 0x2000, 0x800000, 0x1000, PTE_USER);
  read_map(&guest, GIB);
  assert_true(guest.map.is_cut);
  assert_int_equal(guest.map.count, CORE_MAP_RANGES_MAX);
  destroy(&guest);
}

static void random_tables_do_no_harm(void **state)
{
  (void) state;
  uint64_t random = 7;
  for (unsigned int round = 0; round < 20; round++)
  {
    struct guest guest;
    create(&guest);
    for (uint64_t table = 0; table < 32; table++)
      for (unsigned int i = 0; i < 512; i++)
      {
        uint64_t gpa = random_next(&random) % 4 != 0
                           ? POOL_GPA + random_next(&random) % 40 * GUEST_PAGE_BYTES
                           : random_magnitude(&random);
        if (random_next(&random) % 8 == 0)
          write_entry(&guest, POOL_GPA + table * GUEST_PAGE_BYTES, i,
                      (gpa & PTE_ADDRESS) | (random_next(&random) & ~PTE_ADDRESS));
      }
    read_map(&guest, 2 * RAM_BYTES);
    assert_true(guest.map.len_bytes <= 2 * RAM_BYTES);
    for (size_t i = 0; i + 1 < guest.map.count; i++)
      assert_true(guest.map.list[i].gva + guest.map.list[i].len_bytes <= guest.map.list[i + 1].gva);
    destroy(&guest);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_what_the_program_may_use),
      cmocka_unit_test(pages_outside_of_the_memory_are_left_out),
      cmocka_unit_test(loops_end),
      cmocka_unit_test(bytes_and_ranges_are_bounded),
      cmocka_unit_test(random_tables_do_no_harm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
