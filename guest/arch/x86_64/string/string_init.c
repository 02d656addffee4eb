/* Finds out what the CPU offers to the memory functions. */
#include "string_init.h"
#include "string_tuning.h"

#include <cpuid.h>

/* CPUID leaf 7, subleaf 0 (Intel SDM vol. 2A, CPUID). */
#define CPUID_7_EBX_AVX2 (1u << 5)
#define CPUID_7_EBX_ERMS (1u << 9)
/* AVX512F, AVX512BW and AVX512VL; and BMI2, which all that have these have too. */
#define CPUID_7_EBX_EVEX (1u << 16 | 1u << 30 | 1u << 31 | 1u << 8)

/* XCR0: SSE and AVX state; with it opmask, upper halves of ZMM0 to 15, and ZMM16 to 31. */
#define XCR0_AVX    0x06u
#define XCR0_AVX512 0xe6u

/* Where the third-level cache is not described: a size that most servers exceed. */
#define CACHE_DEFAULT_BYTES ((size_t) 8 << 20)

/* From here on it is worth a look how large the cache is. */
#define CACHE_SMALLEST_BYTES ((size_t) 1 << 20)

struct string_tuning string_tuning = {
    .level = STRING_LEVEL_SSE2,
    .rep_stos_min_bytes = SIZE_MAX,
};

void STRING_NAME(string_init)(const struct cpu_features *features);

/*
 * Which vectors the CPU has and the system saves (Intel SDM vol. 1, "Detection of Intel AVX2" and
 * "Detection of AVX-512 Foundation Instructions").
 */
static enum string_level vector_level(const struct cpu_features *features)
{
  if (!(features->leaf_1_ecx & bit_OSXSAVE) || !(features->leaf_1_ecx & bit_AVX) ||
      !(features->leaf_7_ebx & CPUID_7_EBX_AVX2))
    return STRING_LEVEL_SSE2;

  unsigned edx;
  unsigned xcr0;

  __asm__ volatile("xgetbv" : "=a"(xcr0), "=d"(edx) : "c"(0));
  if ((xcr0 & XCR0_AVX) != XCR0_AVX)
    return STRING_LEVEL_SSE2;
  if ((xcr0 & XCR0_AVX512) != XCR0_AVX512 ||
      (features->leaf_7_ebx & CPUID_7_EBX_EVEX) != CPUID_7_EBX_EVEX)
    return STRING_LEVEL_AVX2;
  return STRING_LEVEL_EVEX;
}

/* The third-level cache as AMD (leaf 0x8000001d) or Intel (leaf 4) describe it, in one format. */
static size_t last_cache_bytes(void)
{
  static const unsigned leaves[] = {0x8000001d, 4};

  for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++)
  {
    unsigned eax, ebx, ecx, edx;

    if (!__get_cpuid_count(leaves[i], 3, &eax, &ebx, &ecx, &edx))
      continue;
    if ((eax & 0x1f) == 0 || (eax >> 5 & 7) != 3)
      continue;
    return ((size_t) (ebx >> 22) + 1) * ((ebx >> 12 & 0x3ff) + 1) * ((ebx & 0xfff) + 1) *
           ((size_t) ecx + 1);
  }
  return CACHE_DEFAULT_BYTES;
}

bool string_fills_by_rep(size_t count)
{
  if (!string_tuning.cache_known)
  {
    /* Below half the cache a vector loop is as fast or faster; above, `rep stosb` need not read
     * what it fills. */
    string_tuning.rep_stos_min_bytes = last_cache_bytes() / 2;
    string_tuning.cache_known = true;
  }
  return count >= string_tuning.rep_stos_min_bytes;
}

void STRING_NAME(string_init)(const struct cpu_features *features)
{
  if (features->leaf_7_ebx & CPUID_7_EBX_ERMS)
  {
    string_tuning.fast_rep = 1;
    string_tuning.rep_stos_min_bytes = CACHE_SMALLEST_BYTES;
  }
  string_tuning.level = (uint8_t) vector_level(features);
}
