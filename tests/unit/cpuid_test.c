/* Tests of uhyve/cpuid.c: a guest sees neither what could run a guest of its own nor counters, and
 * all else as it was. */
#include "uhyve/cpuid.h"

#include "unit_test.h"

static struct kvm_cpuid_entry2 full(uint32_t function, uint32_t index)
{
  return (struct kvm_cpuid_entry2){.function = function,
                                   .index = index,
                                   .eax = UINT32_MAX,
                                   .ebx = UINT32_MAX,
                                   .ecx = UINT32_MAX,
                                   .edx = UINT32_MAX};
}

static struct kvm_cpuid_entry2 chosen(uint32_t function, uint32_t index)
{
  struct kvm_cpuid_table table = {.nent = 1, .entries = {full(function, index)}};
  cpuid_choose(&table);
  return table.entries[0];
}

static void single_bits_are_hidden(void **state)
{
  (void) state;
  assert_int_equal(chosen(1, 0).ecx, ~(1u << 5 | 1u << 15));
  assert_int_equal(chosen(1, 0).edx, UINT32_MAX);
  assert_int_equal(chosen(0x80000001, 0).ecx, ~(1u << 2 | 1u << 23));
  assert_int_equal(chosen(0x80000001, 0).edx, UINT32_MAX);
  assert_int_equal(chosen(7, 0).ebx, ~(1u << 2));
  assert_int_equal(chosen(7, 1).ebx, UINT32_MAX);
}

static void whole_leaves_are_hidden(void **state)
{
  (void) state;
  static const uint32_t leaves[] = {0xa, 0x12, 0x1c, 0x40000001, 0x8000000a, 0x80000022};
  for (size_t i = 0; i < COUNT_OF(leaves); i++)
  {
    struct kvm_cpuid_entry2 entry = chosen(leaves[i], 0);
    assert_int_equal(entry.eax | entry.ebx | entry.ecx | entry.edx, 0);
  }
}

static void the_rest_stays(void **state)
{
  (void) state;
  static const uint32_t leaves[] = {0, 2, 0xb, 0xd, 0x15, 0x40000000, 0x80000000, 0x80000007};
  for (size_t i = 0; i < COUNT_OF(leaves); i++)
  {
    struct kvm_cpuid_entry2 entry = chosen(leaves[i], 0);
    assert_int_equal(entry.eax & entry.ebx & entry.ecx & entry.edx, UINT32_MAX);
  }
}

static void timer_and_x2apic_are_there(void **state)
{
  (void) state;
  struct kvm_cpuid_table table = {.nent = 1, .entries = {{.function = 1}}};
  cpuid_choose(&table);
  assert_int_equal(table.entries[0].ecx, 1u << 24 | 1u << 21);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(single_bits_are_hidden),
      cmocka_unit_test(whole_leaves_are_hidden),
      cmocka_unit_test(the_rest_stays),
      cmocka_unit_test(timer_and_x2apic_are_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
