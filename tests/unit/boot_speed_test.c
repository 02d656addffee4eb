/* Tests of guest/arch/x86_64/boot/ring0_speed.c with processors that no emulator is: which ratio of
 * the bus clock is asked for, and of whom nothing is. */
#include <string.h>

#include "arch/x86_64/boot/boot.h"
#include "boot/cpuid.h"
#include "unit_test.h"

#define VENDOR_INTEL   0x756e6547u
#define VENDOR_AMD     0x68747541u

#define SPEEDSTEP      (1u << 7)
#define AVX            (1u << 28)
#define HYPERVISOR     (1u << 31)
#define TURBO          (1u << 1)

#define PLATFORM_INFO  0xceu
#define PERF_CONTROL   0x199u
#define MISC_ENABLE    0x1a0u
#define TURBO_RATIOS   0x1adu

#define ENABLED_BEFORE UINT64_C(0x840089) /* bit 16 is the one that is set */

/* ---- The processor ---- */

static struct
{
  uint32_t vendor, features, power;
  bool is_constant;
  struct
  {
    uint32_t number;
    bool is_there, is_read_only;
    uint64_t value;
  } msrs[4];
  unsigned int reads, writes;
} processor;

void boot_processor_cpuid(uint32_t leaf, uint32_t registers[static 4])
{
  memset(registers, 0, 4 * sizeof(registers[0]));
  if (leaf == 0)
    registers[1] = processor.vendor;
  else if (leaf == 1)
    registers[2] = processor.features;
  else if (leaf == 6)
    registers[0] = processor.power;
}

bool boot_tsc_is_constant(void)
{
  return processor.is_constant;
}

static uint64_t *msr(uint32_t number, bool is_write)
{
  for (unsigned int i = 0; i < COUNT_OF(processor.msrs); i++)
    if (processor.msrs[i].number == number && processor.msrs[i].is_there &&
        !(is_write && processor.msrs[i].is_read_only))
      return &processor.msrs[i].value;
  return NULL;
}

bool boot_try_read_msr(uint32_t number, uint64_t *value)
{
  uint64_t *at = msr(number, false);
  processor.reads++;
  if (at != NULL)
    *value = *at;
  return at != NULL;
}

bool boot_try_write_msr(uint32_t number, uint64_t value)
{
  uint64_t *at = msr(number, true);
  processor.writes++;
  if (at != NULL)
    *at = value;
  return at != NULL;
}

static unsigned int told, left;

void boot_log(enum boot_log_level level, const char *format, ...)
{
  assert_int_equal(level, BOOT_LOG_NORMAL);
  told += strstr(format, "the most there is") != NULL;
  left += strstr(format, "left as it is") != NULL;
}

/* ---- */

/* 34 times the bus clock, with turbo 39 times for one core, less for more. */
static int setup(void **state)
{
  (void) state;
  memset(&processor, 0, sizeof(processor));
  processor.vendor = VENDOR_INTEL;
  processor.features = SPEEDSTEP | AVX;
  processor.power = TURBO;
  processor.is_constant = true;
  const uint32_t numbers[] = {PLATFORM_INFO, TURBO_RATIOS, MISC_ENABLE, PERF_CONTROL};
  const uint64_t values[] = {UINT64_C(0x80838f1012200), 0x25262627, ENABLED_BEFORE, 0x1000};
  for (unsigned int i = 0; i < COUNT_OF(numbers); i++)
  {
    processor.msrs[i].number = numbers[i];
    processor.msrs[i].value = values[i];
    processor.msrs[i].is_there = true;
  }
  told = left = 0;
  return 0;
}

static void remove_msr(uint32_t number)
{
  for (unsigned int i = 0; i < COUNT_OF(processor.msrs); i++)
    if (processor.msrs[i].number == number)
      processor.msrs[i].is_there = false;
}

static void expect_ratio(uint64_t ratio)
{
  boot_set_speed();
  assert_int_equal(*msr(PERF_CONTROL, false), ratio << 8);
  assert_int_equal(*msr(MISC_ENABLE, false), ENABLED_BEFORE | 1u << 16);
  assert_int_equal(processor.writes, 2);
  assert_int_equal(told, 1);
  assert_int_equal(left, 0);
}

static void turbo_is_the_most(void **state)
{
  (void) state;
  expect_ratio(0x27);
}

static void without_turbo_it_is_the_platforms(void **state)
{
  (void) state;
  processor.power = 0;
  expect_ratio(0x22);
  setup(state);
  remove_msr(TURBO_RATIOS);
  expect_ratio(0x22);
  setup(state);
  *msr(TURBO_RATIOS, false) = 0;
  expect_ratio(0x22);
}

/* Others do not decide, or lack what is needed: their registers are not even read. */
static void of_others_nothing_is_asked(void **state)
{
  (void) state;
  for (unsigned int i = 0; i < 5; i++)
  {
    setup(state);
    processor.features |= i == 0 ? HYPERVISOR : 0;
    processor.vendor = i == 1 ? VENDOR_AMD : VENDOR_INTEL;
    processor.features &= ~(i == 2 ? SPEEDSTEP : i == 3 ? AVX : 0);
    processor.is_constant = i != 4;
    boot_set_speed();
    assert_int_equal(processor.reads, 0);
    assert_int_equal(processor.writes, 0);
    assert_int_equal(told + left, 0);
  }
}

static void without_its_registers_it_stays(void **state)
{
  (void) state;
  remove_msr(PLATFORM_INFO);
  boot_set_speed();
  assert_int_equal(processor.writes, 0);
  assert_int_equal(left, 1);
  setup(state);
  remove_msr(MISC_ENABLE);
  boot_set_speed();
  assert_int_equal(processor.writes, 0);
  assert_int_equal(left, 1);
  setup(state);
  processor.msrs[2].is_read_only = true;
  boot_set_speed();
  assert_int_equal(*msr(PERF_CONTROL, false), 0x1000);
  assert_int_equal(left, 1);
  setup(state);
  processor.msrs[3].is_read_only = true;
  boot_set_speed();
  assert_int_equal(told, 0);
  assert_int_equal(left, 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(turbo_is_the_most, setup),
      cmocka_unit_test_setup(without_turbo_it_is_the_platforms, setup),
      cmocka_unit_test_setup(of_others_nothing_is_asked, setup),
      cmocka_unit_test_setup(without_its_registers_it_stays, setup),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
