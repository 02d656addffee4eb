/* Tasks with values in all registers and a stack pointer that points nowhere lose none of them when
 * others preempt them, also where they go on on another CPU. */
#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#include "keep_registers.h"
#include "stress.h"

#define KEEPERS     4
#define CPUS        4
#define MXCSR_MASKS 0x1f80u
#define FCW_MASKS   0x37fu

static uint32_t stop;
static uint32_t interruptions; /* by others */
static uint32_t moves;

/* Intel SDM vol. 1 (June 2023), 13.3: what the system has enabled. */
static uint64_t __attribute__((target("xsave"))) enabled_components(void)
{
  return _xgetbv(0);
}

static enum keep_level level_of_processor(void)
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

static void fill(struct keeper *keeper, struct random *random)
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

/* Returns which kind of register has changed, or null. */
static const char *changed(const struct keeper *keeper)
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

static void *keep(void *argument)
{
  struct keeper *keeper = aligned_alloc(_Alignof(struct keeper), sizeof(*keeper));
  struct random random = random_begin((uintptr_t) argument);
  unsigned int cpu = uhyve_cpu();
  keeper->level = (uint64_t) level_of_processor();
  while (__atomic_load_n(&stop, __ATOMIC_RELAXED) == 0)
  {
    fill(keeper, &random);
    keeper->iterations = 1 + random_below(&random, stress_size);
    keep_registers(keeper);
    const char *what = changed(keeper);
    if (what != NULL)
      fprintf(stderr, "changed: %s\n", what);
    CHECK(what == NULL);
    if (uhyve_cpu() != cpu)
      __atomic_add_fetch(&moves, 1, __ATOMIC_RELAXED);
    cpu = uhyve_cpu();
  }
  free(keeper);
  return NULL;
}

/* What the C library's conventions promise at a call's return: an empty x87 stack, control words as
 * they were. Computes with what the interrupted task has used. */
static bool compute(unsigned int number)
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

static void *interrupt(void *argument)
{
  struct random random = random_begin(100 + (uintptr_t) argument);
  bool good = true;
  while (__atomic_load_n(&stop, __ATOMIC_RELAXED) == 0)
  {
    uhyve_task_sleep(20 * US + random_below(&random, 100 * US));
    good = compute(__atomic_add_fetch(&interruptions, 1, __ATOMIC_RELAXED) % 4096) && good;
  }
  CHECK(good);
  return NULL;
}

int main(int argc, char **argv)
{
  struct uhyve_task *keepers[KEEPERS];
  struct uhyve_task *interrupters[CPUS];
  unsigned int cpus = uhyve_cpu_count() < CPUS ? uhyve_cpu_count() : CPUS;
  stress_begin(argc, argv, 5000);
  struct random random = random_begin(1000);
  CHECK(uhyve_task_set_priority(uhyve_task_current(), 30) == 0);
  for (uintptr_t i = 0; i < KEEPERS; i++)
    CHECK(uhyve_task_create(&keepers[i], "keeper", 10, UHYVE_ANY_CPU, keep, (void *) i) == 0);
  for (uintptr_t i = 0; i < cpus; i++)
    CHECK(uhyve_task_create(&interrupters[i], "interrupter", 20, (int) i, interrupt, (void *) i) ==
          0);
  /* Sends them from CPU to CPU; as many interruptions as a slow machine takes longer for. */
  while (stress_goes_on() || __atomic_load_n(&interruptions, __ATOMIC_RELAXED) < stress_size / 5)
  {
    uhyve_task_sleep(MS);
    struct uhyve_task *task = keepers[random_below(&random, KEEPERS)];
    CHECK(uhyve_task_set_cpu(task, random_below(&random, 2) == 0
                                       ? UHYVE_ANY_CPU
                                       : (int) random_below(&random, cpus)) == 0);
  }
  __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
  for (unsigned int i = 0; i < KEEPERS; i++)
    CHECK(uhyve_task_join(keepers[i], NULL, UHYVE_FOREVER) == 0);
  for (unsigned int i = 0; i < cpus; i++)
    CHECK(uhyve_task_join(interrupters[i], NULL, UHYVE_FOREVER) == 0);
  CHECK(cpus == 1 || moves != 0);
  return stress_finish();
}
