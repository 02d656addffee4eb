/* Tests of guest/arch/x86_64/boot/ring0_cpus.c: ACPI tables with more CPUs than a machine of the
 * boot tests has. MP tables are tested in such machines: tests/boot/cpus.sh. */
#include <string.h>
#include <sys/mman.h>

#include "arch/x86_64/boot/boot.h"
#include "unit_test.h"

#define AREA_BYTES 0x10000u

static uint8_t *area; /* below 4 GiB */
static uint8_t *end;  /* of the MADT */
static bool is_x2apic;
static struct boot_facts facts;
static struct boot_cpus cpus;

bool boot_apic_is_x2apic(void)
{
  return is_x2apic;
}

uint32_t boot_apic_own_id(void)
{
  return 5;
}

/* Entries of other kinds: ring0_lines.c's. */
static unsigned int other_entries;

void boot_take_madt_line(const uint8_t *entry)
{
  other_entries += entry[0] == 4;
}

void boot_take_mp_line(const uint8_t *entry)
{
  (void) entry;
  fail();
}

static uint8_t *madt(void)
{
  return area + 128;
}

static int setup(void **state)
{
  (void) state;
  area = mmap(NULL, AREA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1,
              0);
  assert_true(area != MAP_FAILED);
  memset(&facts, 0, sizeof(facts));
  memset(&cpus, 0, sizeof(cpus));
  is_x2apic = true;
  other_entries = 0;
  end = madt() + 44;
  return 0;
}

static int teardown(void **state)
{
  (void) state;
  return munmap(area, AREA_BYTES);
}

static void add_local_apic(uint8_t id, uint32_t flags)
{
  const uint8_t entry[8] = {0, 8, 0, id, (uint8_t) flags};
  memcpy(end, entry, sizeof(entry));
  end += sizeof(entry);
}

static void add_x2apic(uint32_t id, uint32_t flags)
{
  const uint32_t entry[4] = {0x1009, id, flags, 0};
  memcpy(end, entry, sizeof(entry));
  end += sizeof(entry);
}

static void sum_up(uint8_t *begin, uint32_t len_bytes, uint8_t *checksum)
{
  for (uint32_t i = 0; i < len_bytes; i++)
    *checksum = (uint8_t) (*checksum - (begin + i == checksum ? 0 : begin[i]));
}

static void finish(uint8_t *table, const char *signature, uint32_t len_bytes)
{
  memcpy(table, signature, 4);
  memcpy(table + 4, &len_bytes, sizeof(len_bytes));
  table[9] = 0;
  sum_up(table, len_bytes, table + 9);
}

/* By the XSDT, or by the RSDT of ACPI 1.0. */
static void find(bool is_long)
{
  uint8_t *rsdp = area, *root = area + 64;
  const uint64_t root_gpa = (uint64_t) root, madt_gpa = (uint64_t) madt();
  finish(madt(), "APIC", (uint32_t) (end - madt()));
  memcpy(root + 36, &madt_gpa, is_long ? 8 : 4);
  finish(root, is_long ? "XSDT" : "RSDT", is_long ? 44 : 40);
  strcpy((char *) rsdp, "RSD PTR ");
  rsdp[15] = is_long ? 2 : 0;
  rsdp[20] = 36;
  memcpy(rsdp + (is_long ? 24 : 16), &root_gpa, is_long ? 8 : 4);
  sum_up(rsdp, 20, rsdp + 8);
  sum_up(rsdp, 36, rsdp + 32);
  facts.rsdp_gpa = (uint64_t) rsdp;
  boot_find_cpus(&cpus, &facts);
  assert_string_equal(cpus.found_by, "the ACPI MADT");
}

static void both_kinds_of_entries_are_read(void **state)
{
  (void) state;
  add_local_apic(0, 1);
  add_local_apic(5, 1); /* the one that runs is the first */
  add_local_apic(7, 0);
  add_local_apic(8, 2); /* may be switched on later */
  add_x2apic(0, 1);     /* a second time */
  add_x2apic(255, 1);
  add_x2apic(0x12345, 1);
  add_x2apic(256, 0);
  add_local_apic(3, 1);
  end[-8] = 4; /* of another kind */
  find(true);
  assert_int_equal(other_entries, 1);
  const uint32_t expected[] = {5, 0, 255, 0x12345};
  assert_int_equal(cpus.count, 4);
  assert_memory_equal(cpus.apic_ids, expected, sizeof(expected));
  assert_int_equal(cpus.beyond_most + cpus.out_of_reach, 0);
}

static void what_means_all_is_no_cpu(void **state)
{
  (void) state;
  add_local_apic(255, 1);
  add_x2apic(UINT32_MAX, 1);
  find(false);
  assert_int_equal(cpus.count, 1);
}

static void in_xapic_mode_large_numbers_are_out_of_reach(void **state)
{
  (void) state;
  is_x2apic = false;
  add_local_apic(254, 1);
  add_x2apic(255, 1);
  add_x2apic(300, 1);
  find(true);
  assert_int_equal(cpus.count, 2);
  assert_int_equal(cpus.out_of_reach, 2);
}

static void more_cpus_than_there_may_be_are_left_out(void **state)
{
  (void) state;
  for (uint32_t id = 0; id < BOOT_MOST_CPUS + 100; id++)
    add_x2apic(id, 1);
  find(true);
  assert_int_equal(cpus.count, BOOT_MOST_CPUS);
  assert_int_equal(cpus.beyond_most, 100);
  assert_int_equal(cpus.apic_ids[BOOT_MOST_CPUS - 1], BOOT_MOST_CPUS - 1);
}

static void an_entry_without_a_length_ends_the_table(void **state)
{
  (void) state;
  add_local_apic(0, 1);
  memset(end, 0, 8);
  end += 8;
  add_local_apic(1, 1);
  find(true);
  assert_int_equal(cpus.count, 2);
}

static void an_entry_beyond_the_end_is_none(void **state)
{
  (void) state;
  add_local_apic(0, 1);
  add_x2apic(300, 1);
  end -= 8;
  find(true);
  assert_int_equal(cpus.count, 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(both_kinds_of_entries_are_read, setup, teardown),
      cmocka_unit_test_setup_teardown(what_means_all_is_no_cpu, setup, teardown),
      cmocka_unit_test_setup_teardown(in_xapic_mode_large_numbers_are_out_of_reach, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(more_cpus_than_there_may_be_are_left_out, setup, teardown),
      cmocka_unit_test_setup_teardown(an_entry_without_a_length_ends_the_table, setup, teardown),
      cmocka_unit_test_setup_teardown(an_entry_beyond_the_end_is_none, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
