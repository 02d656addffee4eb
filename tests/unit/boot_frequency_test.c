/* Tests of guest/arch/x86_64/boot/ring0_frequency.c with processors that no emulator is: by each of
 * the ways that CPUID has, and against a PIT on a machine with other work to do. */
#include <setjmp.h>
#include <string.h>

#include "arch/x86_64/boot/boot.h"
#include "boot/cpuid.h"
#include "unit_test.h"

/* ---- The processor ---- */

static uint32_t leaves[16][5]; /* number, EAX, EBX, ECX, EDX */
static unsigned int leaf_count;

void boot_processor_cpuid(uint32_t leaf, uint32_t registers[static 4])
{
  memset(registers, 0, 4 * sizeof(registers[0]));
  for (unsigned int i = 0; i < leaf_count; i++)
    if (leaves[i][0] == leaf)
      memcpy(registers, &leaves[i][1], 4 * sizeof(registers[0]));
}

static void add_leaf(uint32_t leaf, uint32_t eax, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
  const uint32_t row[5] = {leaf, eax, ebx, ecx, edx};
  assert_true(leaf_count < 16);
  memcpy(leaves[leaf_count++], row, sizeof(row));
}

static void add_name(const char *name)
{
  char text[48] = {0};
  uint32_t words[12];
  strcpy(text, name);
  memcpy(words, text, sizeof(words));
  add_leaf(0x80000000, 0x80000004, 0, 0, 0);
  add_leaf(0x80000002, words[0], words[1], words[2], words[3]);
  add_leaf(0x80000003, words[4], words[5], words[6], words[7]);
  add_leaf(0x80000004, words[8], words[9], words[10], words[11]);
}

#define SKYLAKE    0x506e3u
#define HYPERVISOR 0x80000000u

/* ---- The PIT: its channel 0 takes so many cycles for all that it is given ---- */

static struct
{
  uint64_t cycles;
  uint64_t begin_tsc;
  bool has_low;
  bool is_busy; /* the processor is away at the start of one measurement, and at the end of the next
                 */
  unsigned int starts;
} pit;

static void be_away(uint64_t cycles)
{
  uint64_t begin_tsc = __builtin_ia32_rdtsc();
  while (__builtin_ia32_rdtsc() - begin_tsc < cycles)
    ;
}

void boot_out8(uint16_t port, uint8_t value)
{
  (void) value;
  if (port != 0x40)
    return;
  pit.has_low = !pit.has_low;
  if (pit.has_low)
    return;
  pit.begin_tsc = __builtin_ia32_rdtsc();
  if (pit.starts++ % 2 == 0 && pit.is_busy)
    be_away(pit.cycles / 2);
}

uint8_t boot_in8(uint16_t port)
{
  assert_int_equal(port, 0x40);
  uint64_t cycles = __builtin_ia32_rdtsc() - pit.begin_tsc;
  if (pit.is_busy && pit.starts % 2 == 0 && cycles < pit.cycles &&
      cycles > pit.cycles / 2000 * 1999)
    be_away(pit.cycles / 2);
  return cycles >= pit.cycles ? 0x80 : 0;
}

/* ---- */

static jmp_buf failure;

_Noreturn void boot_fail(const char *message)
{
  assert_non_null(strstr(message, "freq="));
  longjmp(failure, 1);
}

static int setup(void **state)
{
  (void) state;
  leaf_count = 0;
  memset(&pit, 0, sizeof(pit));
  pit.cycles = 40000000; /* in 20 ms: 2 GHz */
  return 0;
}

static void expect_khz(uint64_t least_khz, uint64_t most_khz, const char *method)
{
  const struct boot_options options = {0};
  const char *got_method;
  assert_in_range(boot_find_tsc_khz(&options, &got_method), least_khz, most_khz);
  assert_string_equal(got_method, method);
}

static void the_crystal_counts_first(void **state)
{
  (void) state;
  add_leaf(0, 0x16, 0, 0, 0);
  add_leaf(1, SKYLAKE, 0, HYPERVISOR, 0);
  add_leaf(0x15, 2, 216, 24000000, 0);
  add_leaf(0x16, 2500, 0, 0, 0);
  expect_khz(2592000, 2592000, "CPUID leaf 0x15");
}

static void a_crystal_that_is_not_told_is_known_by_the_model(void **state)
{
  (void) state;
  add_leaf(0, 0x16, 0, 0, 0);
  add_leaf(1, SKYLAKE, 0, 0, 0);
  add_leaf(0x15, 2, 250, 0, 0);
  expect_khz(3000000, 3000000, "CPUID leaf 0x15");
}

static void the_base_frequency_is_second(void **state)
{
  (void) state;
  add_leaf(0, 0x16, 0, 0, 0);
  add_leaf(1, 0xf00, 0, 0, 0); /* of a model whose crystal is unknown */
  add_leaf(0x15, 2, 250, 0, 0);
  add_leaf(0x16, 2900, 4000, 100, 0);
  expect_khz(2900000, 2900000, "CPUID leaf 0x16");
}

static void a_hypervisor_tells(void **state)
{
  (void) state;
  add_leaf(0, 0xd, 0, 0, 0);
  add_leaf(1, SKYLAKE, 0, HYPERVISOR, 0);
  add_leaf(0x40000000, 0x40000010, 0x4b4d564b, 0x564b4d56, 0x4d);
  add_leaf(0x40000010, 2345678, 1000000, 0, 0);
  add_name("A CPU @ 1.00GHz");
  expect_khz(2345678, 2345678, "the hypervisor's CPUID leaf 0x40000010");
}

static void leaves_of_hyper_v_mean_something_else(void **state)
{
  (void) state;
  add_leaf(0, 0xd, 0, 0, 0);
  add_leaf(1, SKYLAKE, 0, HYPERVISOR, 0);
  add_leaf(0x40000000, 0x40000010, 0x7263694d, 0x666f736f, 0x76482074);
  add_leaf(0x40000010, 2345678, 1000000, 0, 0);
  expect_khz(1980000, 2020000, "measuring against the PIT");
}

static void a_name_tells(void **state)
{
  (void) state;
  add_name("Intel(R) Core(TM)2 Duo CPU     T7700  @ 2.40GHz");
  expect_khz(2400000, 2400000, "the processor's name");
  leaf_count = 0;
  add_name("A CPU @ 850MHz");
  expect_khz(850000, 850000, "the processor's name");
  leaf_count = 0;
  add_name("A CPU @ home");
  expect_khz(1980000, 2020000, "measuring against the PIT");
}

static void a_name_under_a_hypervisor_has_to_be_right(void **state)
{
  (void) state;
  add_leaf(1, SKYLAKE, 0, HYPERVISOR, 0);
  add_name("A CPU @ 2.05GHz");
  expect_khz(2050000, 2050000, "the processor's name");
  leaf_count = 0;
  add_leaf(1, SKYLAKE, 0, HYPERVISOR, 0);
  add_name("A CPU @ 2.40GHz");
  expect_khz(1980000, 2020000, "measuring against the PIT");
}

/* What each measurement alone says may be a quarter off. */
static void a_measurement_may_be_disturbed(void **state)
{
  (void) state;
  pit.is_busy = true;
  expect_khz(1980000, 2020000, "measuring against the PIT");
}

static void without_any_of_them_the_boot_ends(void **state)
{
  (void) state;
  pit.cycles = UINT64_MAX;
  if (setjmp(failure) == 0)
    expect_khz(0, 0, "");
}

static void the_command_line_is_before_all(void **state)
{
  (void) state;
  const struct boot_options options = {.tsc_khz = 1234567};
  const char *method;
  add_leaf(0, 0x16, 0, 0, 0);
  add_leaf(0x16, 2900, 4000, 100, 0);
  assert_int_equal(boot_find_tsc_khz(&options, &method), 1234567);
  assert_string_equal(method, "the command line");
}

static void a_constant_rate_is_told(void **state)
{
  (void) state;
  assert_false(boot_tsc_is_constant());
  add_leaf(0x80000000, 0x80000007, 0, 0, 0);
  assert_false(boot_tsc_is_constant());
  add_leaf(0x80000007, 0, 0, 0, 0x100);
  assert_true(boot_tsc_is_constant());
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(the_crystal_counts_first, setup),
      cmocka_unit_test_setup(a_crystal_that_is_not_told_is_known_by_the_model, setup),
      cmocka_unit_test_setup(the_base_frequency_is_second, setup),
      cmocka_unit_test_setup(a_hypervisor_tells, setup),
      cmocka_unit_test_setup(leaves_of_hyper_v_mean_something_else, setup),
      cmocka_unit_test_setup(a_name_tells, setup),
      cmocka_unit_test_setup(a_name_under_a_hypervisor_has_to_be_right, setup),
      cmocka_unit_test_setup(a_measurement_may_be_disturbed, setup),
      cmocka_unit_test_setup(without_any_of_them_the_boot_ends, setup),
      cmocka_unit_test_setup(the_command_line_is_before_all, setup),
      cmocka_unit_test_setup(a_constant_rate_is_told, setup),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
