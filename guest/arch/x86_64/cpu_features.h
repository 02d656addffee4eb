/* What the processor offers, read once: on hosts that are virtual machines themselves a `cpuid`
 * costs microseconds. */
#ifndef GUEST_ARCH_CPU_FEATURES_H
#define GUEST_ARCH_CPU_FEATURES_H

#include <cpuid.h>
#include <stdbool.h>

/* Feature words of CPUID (Intel SDM vol. 2A, CPUID). */
struct cpu_features
{
  unsigned int leaf_1_ecx;
  unsigned int leaf_7_ebx; /* subleaf 0; 0 where there is no such leaf */
};

static inline struct cpu_features cpu_features_read(void)
{
  struct cpu_features features = {0};
  unsigned int eax;
  unsigned int ebx;
  unsigned int ecx;
  unsigned int edx;
  __cpuid(0, eax, ebx, ecx, edx);
  unsigned int last_leaf = eax;
  __cpuid(1, eax, ebx, ecx, edx);
  features.leaf_1_ecx = ecx;
  if (last_leaf >= 7)
  {
    __cpuid_count(7, 0, eax, ebx, ecx, edx);
    features.leaf_7_ebx = ebx;
  }
  return features;
}

static inline bool cpu_has_fsgsbase(const struct cpu_features *features)
{
  return (features->leaf_7_ebx & bit_FSGSBASE) != 0;
}

#endif
