/* In place of the compiler's <cpuid.h>: a processor that a test makes up. */
#ifndef TESTS_UNIT_BOOT_CPUID_H
#define TESTS_UNIT_BOOT_CPUID_H

#include <stdint.h>

void boot_processor_cpuid(uint32_t leaf, uint32_t registers[static 4]);

#define __cpuid_count(leaf, sub_leaf, a, b, c, d) /* NOLINT(bugprone-reserved-identifier) */ \
  do                                                                                         \
  {                                                                                          \
    uint32_t registers_of_leaf[4];                                                           \
    boot_processor_cpuid(leaf, registers_of_leaf);                                           \
    (a) = registers_of_leaf[0];                                                              \
    (b) = registers_of_leaf[1];                                                              \
    (c) = registers_of_leaf[2];                                                              \
    (d) = registers_of_leaf[3];                                                              \
  } while (0)

#define __cpuid(leaf, a, b, c, d) /* NOLINT(bugprone-reserved-identifier) */ \
  do                                                                         \
  {                                                                          \
    __cpuid_count(leaf, 0, a, b, c, d);                                      \
    (void) (a), (void) (b), (void) (c), (void) (d); /* one may be unused */  \
  } while (0)

#endif
