/* How fast a processor of Intel's may run: where no hypervisor decides, as fast as it can (Enhanced
 * SpeedStep: SDM vol. 3B, June 2023, 15.1; MSRs: vol. 4, table 2-20 and its successors). */
#include "arch/x86_64/boot/boot.h"
#include <cpuid.h>

#define SIGNATURE_INTEL        0x756e6547u /* "Genu" */
#define CPUID_1_ECX_SPEEDSTEP  (1u << 7)
#define CPUID_1_ECX_AVX        (1u << 28)
#define CPUID_1_ECX_HYPERVISOR (1u << 31)
#define CPUID_6_EAX_TURBO      (1u << 1)

#define MSR_PLATFORM_INFO      0xce
#define MSR_PERF_CONTROL       0x199
#define MSR_MISC_ENABLE        0x1a0
#define MSR_TURBO_RATIOS       0x1ad
#define SPEEDSTEP_ENABLED      (1ull << 16)

/* From Sandy Bridge on, which is known by AVX, a ratio of the bus clock is a P-state. */
void boot_set_speed(void)
{
  uint32_t eax, ebx, ecx, edx, vendor;
  __cpuid(0, eax, vendor, ecx, edx);
  __cpuid(1, eax, ebx, ecx, edx);
  const uint32_t needed = CPUID_1_ECX_SPEEDSTEP | CPUID_1_ECX_AVX;
  if (vendor != SIGNATURE_INTEL || (ecx & needed) != needed ||
      (ecx & CPUID_1_ECX_HYPERVISOR) != 0 || !boot_tsc_is_constant())
    return;
  __cpuid(6, eax, ebx, ecx, edx);
  /* Hypervisors that do not say that they are there lack some of these. */
  uint64_t platform = 0, turbo = 0, enabled = 0;
  boot_try_read_msr(MSR_PLATFORM_INFO, &platform);
  if (!boot_try_read_msr(MSR_TURBO_RATIOS, &turbo) || (eax & CPUID_6_EAX_TURBO) == 0)
    turbo = 0;
  uint64_t ratio = platform >> 8 & 0xff;
  if (ratio != 0 && (turbo & 0xff) > ratio)
    ratio = turbo & 0xff;
  if (ratio != 0 && boot_try_read_msr(MSR_MISC_ENABLE, &enabled) &&
      boot_try_write_msr(MSR_MISC_ENABLE, enabled | SPEEDSTEP_ENABLED) &&
      boot_try_write_msr(MSR_PERF_CONTROL, ratio << 8))
    boot_log(BOOT_LOG_NORMAL, "P-state: %lu times the bus clock, the most there is", ratio);
  else
    boot_log(BOOT_LOG_NORMAL, "P-state: left as it is, its registers are not there");
}
