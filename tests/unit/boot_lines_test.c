/* Tests of guest/arch/x86_64/boot/ring0_lines.c: what the entries of the MADT and of MP tables say
 * of lines. A machine has one of the two; here they add up, in the order of the tests. */
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include "arch/x86_64/boot/boot.h"
#include "unit_test.h"

static unsigned int logged;

void boot_log(enum boot_log_level level, const char *format, ...)
{
  (void) format;
  logged += level == BOOT_LOG_VERBOSE;
}

static void test_nothing_is_told(void **state)
{
  struct uhyve_lines lines;
  (void) state;
  boot_write_lines(&lines);
  assert_int_equal(lines.io_apic_count, 0);
  for (unsigned int i = 0; i < UHYVE_ISA_LINES; i++)
  {
    assert_int_equal(lines.isa[i].line, i);
    assert_int_equal(lines.isa[i].is_low, 0);
  }
}

/* An I/O APIC of 24 lines, in memory, which is there twice. */
static void test_mp(void **state)
{
  uint32_t *registers =
      mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  struct uhyve_lines lines;
  (void) state;
  assert_true(registers != MAP_FAILED);
  registers[4] = 23u << 16 | 0x11;
  uint8_t apic[8] = {2, 3, 0x11, 1};
  const uint32_t gpa = (uint32_t) (uintptr_t) registers;
  memcpy(apic + 4, &gpa, sizeof(gpa));
  boot_take_mp_line((const uint8_t[]){1, 0, 'P', 'C', 'I', ' ', ' ', ' '});
  boot_take_mp_line((const uint8_t[]){1, 1, 'I', 'S', 'A', ' ', ' ', ' '});
  boot_take_mp_line(apic);
  apic[1] = 4;
  boot_take_mp_line(apic);
  apic[1] = 5;
  apic[3] = 0; /* not to be used */
  boot_take_mp_line(apic);
  boot_take_mp_line((const uint8_t[]){3, 0, 3, 0, 1, 6, 4, 7}); /* low, at the second one */
  boot_take_mp_line((const uint8_t[]){3, 0, 3, 0, 0, 8, 4, 9}); /* of PCI */
  boot_take_mp_line((const uint8_t[]){3, 3, 3, 0, 1, 8, 4, 9}); /* of the legacy controllers */
  boot_write_lines(&lines);
  assert_int_equal(lines.io_apic_count, 2);
  assert_int_equal(lines.io_apics[0].first_line, 0);
  assert_int_equal(lines.io_apics[1].first_line, 24);
  assert_int_equal(lines.isa[6].line, 31);
  assert_int_equal(lines.isa[6].is_low, 1);
  assert_int_equal(lines.isa[8].line, 8);
  munmap(registers, 4096);
}

/* Two I/O APICs; the serial line's interrupt arrives at the second one, and is low. */
static void test_madt(void **state)
{
  static const uint8_t entries[][12] = {
      {1, 12, 8, 0, 0x00, 0x00, 0xc0, 0xfe, 0, 0, 0, 0},
      {1, 12, 9, 0, 0x00, 0x10, 0xc0, 0xfe, 24, 0, 0, 0},
      {2, 10, 0, 4, 30, 0, 0, 0, 0x0f, 0},
      {2, 10, 0, 0, 2, 0, 0, 0, 0, 0},
      {2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0},  /* high, level */
      {2, 10, 1, 5, 31, 0, 0, 0, 0x0f, 0}, /* of another bus */
      {2, 10, 0, 16, 31, 0, 0, 0, 0x0f, 0},
      {2, 8, 0, 7, 31, 0, 0, 0}, /* too short */
  };
  struct uhyve_lines lines;
  (void) state;
  for (unsigned int i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
    boot_take_madt_line(entries[i]);
  boot_write_lines(&lines);
  assert_int_equal(lines.io_apic_count, 4);
  assert_int_equal(lines.io_apics[3].registers_gpa, 0xfec01000);
  assert_int_equal(lines.io_apics[3].first_line, 24);
  assert_int_equal(lines.isa[4].line, 30);
  assert_int_equal(lines.isa[4].is_low, 1);
  assert_int_equal(lines.isa[0].line, 2);
  assert_int_equal(lines.isa[9].is_low, 0);
  assert_int_equal(lines.isa[5].line, 5);
  assert_int_equal(lines.isa[7].line, 7);
  boot_log_lines();
  assert_int_equal(logged, 7); /* four I/O APICs, three lines that are not as usual */
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing_is_told),
      cmocka_unit_test(test_mp),
      cmocka_unit_test(test_madt),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
