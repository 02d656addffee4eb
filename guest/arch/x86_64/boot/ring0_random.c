/* Where random numbers begin without a monitor: the processor's own, where it has them, and beside
 * them, or in their place, how long reads of a device take. */
#include "arch/x86_64/boot/boot.h"
#include <cpuid.h>

#define CPUID_1_ECX_RDRAND (1u << 30)
#define CPUID_7_EBX_RDSEED (1u << 18)

#define PORT_COUNTER       0x40 /* of the PIT: it is far from the processor, and on the move */

/* Intel 64 and IA-32 Architectures Software Developer's Manual, 1, 7.3.17: RDRAND gives a number
 * within ten tries; RDSEED may have none for longer. */
#define MOST_TRIES   100

#define READS        64
#define GOLDEN_RATIO 0x9e3779b97f4a7c15ull

static bool try_rdseed(uint64_t *number)
{
  bool is_there;
  __asm__ volatile("rdseed %0" : "=r"(*number), "=@ccc"(is_there));
  return is_there;
}

static bool try_rdrand(uint64_t *number)
{
  bool is_there;
  __asm__ volatile("rdrand %0" : "=r"(*number), "=@ccc"(is_there));
  return is_there;
}

static bool take(bool (*try)(uint64_t *number), uint64_t *number)
{
  for (int i = 0; i < MOST_TRIES; i++)
    if (try(number))
      return true;
  return false;
}

static uint64_t jitter(uint64_t state)
{
  for (int i = 0; i < READS; i++)
  {
    state =
        (state ^ __builtin_ia32_rdtsc() ^ (uint64_t) boot_in8(PORT_COUNTER) << 56) * GOLDEN_RATIO;
    state ^= state >> 29;
  }
  return state;
}

void boot_fill_random(uint64_t *words, size_t count, uint64_t time)
{
  uint32_t eax, ebx, ecx, edx, ecx_1, ebx_7 = 0;
  __cpuid(1, eax, ebx, ecx_1, edx);
  __cpuid(0, eax, ebx, ecx, edx);
  if (eax >= 7)
    __cpuid_count(7, 0, eax, ebx_7, ecx, edx);
  bool has_rdseed = (ebx_7 & CPUID_7_EBX_RDSEED) != 0;
  bool has_rdrand = (ecx_1 & CPUID_1_ECX_RDRAND) != 0;
  size_t from_processor = 0;
  uint64_t state = time;
  for (size_t i = 0; i < count; i++)
  {
    uint64_t number = 0;
    if ((has_rdseed && take(try_rdseed, &number)) || (has_rdrand && take(try_rdrand, &number)))
      from_processor++;
    state = jitter(state);
    words[i] = number ^ state;
  }
  boot_log(BOOT_LOG_NORMAL, "random numbers begin with %s",
           from_processor == count
               ? "the processor's own"
               : "how long things take, which may be guessed: the processor has none");
}
