/* Values for all registers, and whether they are still there. */
#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#include "keep_registers.h"
#include "stress.h"

#define MXCSR_MASKS 0x1f80u
#define FCW_MASKS   0x37fu

/* Intel SDM vol. 1 (June 2023), 13.3: what the system has enabled. */
static uint64_t __attribute__((target("xsave"))) enabled_components(void)
{
  return _xgetbv(0);
}

enum keep_level keeper_level(void)
{
  unsigned int eax, ebx, ecx, edx;
  __cpuid(1, eax, ebx, ecx, edx);
  if ((ecx & bit_OSXSAVE) == 0 || (ecx & bit_AVX) == 0)
    return KEEP_SSE;
  uint64_t components = enabled_components();
  __cpuid_count(7, 0, eax, ebx, ecx, edx);
  if ((ebx & bit_AVX512F) != 0 && (components & 0xe6) == 0xe6)
    return KEEP_AVX512;
  return (components & 6) == 6 ? KEEP_AVX : KEEP_SSE;
}

void keeper_fill(struct keeper *keeper, struct random *random)
{
  unsigned char *bytes = (unsigned char *) keeper->vectors;
  for (size_t i = 0; i < sizeof(keeper->vectors); i++)
    bytes[i] = (unsigned char) random_below(random, 256);
  for (unsigned int i = 0; i < 8; i++)
  {
    keeper->x87[i] = (long double) random_below(random, UINT64_MAX) / 3;
    keeper->masks[i] = random_below(random, 0x10000);
  }
  for (unsigned int i = 0; i < 16; i++)
    keeper->general[i] = random_below(random, UINT64_MAX);
  /* Not canonical, null, or in the middle of nothing. */
  static const uint64_t nowhere[] = {0x666600000666, 0, 0x8000000000000001, 0x7ffffffffff8, 3};
  keeper->general[4] = nowhere[random_below(random, 5)];
  keeper->mxcsr = MXCSR_MASKS | (uint32_t) random_below(random, 4) << 13;
  keeper->fcw = (uint16_t) (FCW_MASKS | random_below(random, 4) << 10);
  keeper->bad_flags = 0;
}

const char *keeper_changed(const struct keeper *keeper)
{
  static const size_t width[] = {16, 32, 64};
  unsigned int count = keeper->level == KEEP_AVX512 ? 32 : 16;
  for (unsigned int i = 0; i < count; i++)
  {
    if (memcmp(keeper->vectors[i], keeper->vectors_then[i], width[keeper->level]) != 0)
      return "vector";
  }
  for (unsigned int i = 0; keeper->level == KEEP_AVX512 && i < 8; i++)
  {
    if (keeper->masks[i] != (uint16_t) keeper->masks_then[i])
      return "mask";
  }
  for (unsigned int i = 0; i < 16; i++)
  {
    /* rax, rcx, rsi and r15 are at work. */
    if ((0x8043u >> i & 1) == 0 && keeper->general[i] != keeper->general_then[i])
      return i == 4 ? "stack pointer" : "general";
  }
  for (unsigned int i = 0; i < 8; i++)
  {
    if (memcmp(&keeper->x87[i], keeper->fxsave.st[i], 10) != 0)
      return "x87";
  }
  if (keeper->fxsave.ftw != 0xff || keeper->fxsave.fcw != keeper->fcw)
    return "x87 control";
  if (keeper->fxsave.mxcsr != keeper->mxcsr)
    return "MXCSR";
  return keeper->bad_flags != 0 ? "flags" : NULL;
}

bool keeper_compute(unsigned int number)
{
  volatile long double parts[8];
  long double sum = 0;
  for (unsigned int i = 0; i < 8; i++)
    parts[i] = (long double) (number + i) / 8;
  /* All eight registers of the stack are needed at once. */
  __asm__("fldt %1\n\tfldt %2\n\tfldt %3\n\tfldt %4\n\tfldt %5\n\tfldt %6\n\tfldt %7\n\tfldt %8\n\t"
          "faddp\n\tfaddp\n\tfaddp\n\tfaddp\n\tfaddp\n\tfaddp\n\tfaddp"
          : "=t"(sum)
          : "m"(parts[0]), "m"(parts[1]), "m"(parts[2]), "m"(parts[3]), "m"(parts[4]),
            "m"(parts[5]), "m"(parts[6]), "m"(parts[7])
          : "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)");
  uint16_t fcw = 0;
  __asm__ volatile("fnstcw %0" : "=m"(fcw));
  return sum == (long double) (8 * number + 28) / 8 && fcw == FCW_MASKS &&
         (_mm_getcsr() & ~0x3fu) == MXCSR_MASKS;
}
