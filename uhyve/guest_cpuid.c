/* Chooses what of the host's processor and KVM a guest sees. */
#include "guest_cpuid.h"

#include <stddef.h>

/* Intel SDM vol. 2A, CPUID (June 2023); AMD APM vol. 3, appendix E (revision 3.35); KVM's own leaf:
 * Documentation/virt/kvm/x86/cpuid.rst. */
#define CPUID_1_ECX_VMX         (1u << 5)
#define CPUID_1_ECX_PDCM        (1u << 15)
#define CPUID_7_EBX_SGX         (1u << 2)
#define CPUID_7_ECX_SGX_LAUNCH  (1u << 30)
#define CPUID_7_EDX_LBR         (1u << 19)
#define CPUID_80000001_ECX_SVM  (1u << 2)
#define CPUID_80000001_ECX_PERF (1u << 23)
#define ALL                     UINT32_MAX

static const struct
{
  uint32_t function;
  uint32_t eax, ebx, ecx, edx; /* bits that a guest does not see */
} hidden[] = {
    /* Virtual machines within the guest */
    {0x00000001, 0, 0, CPUID_1_ECX_VMX | CPUID_1_ECX_PDCM, 0},
    {0x80000001, 0, 0, CPUID_80000001_ECX_SVM | CPUID_80000001_ECX_PERF, 0},
    {0x8000000a, ALL, ALL, ALL, ALL},
    /* Enclaves */
    {0x00000007, 0, CPUID_7_EBX_SGX, CPUID_7_ECX_SGX_LAUNCH, CPUID_7_EDX_LBR},
    {0x00000012, ALL, ALL, ALL, ALL},
    /* Performance counters, which are also a way to listen to other guests */
    {0x0000000a, ALL, ALL, ALL, ALL},
    {0x0000001c, ALL, ALL, ALL, ALL},
    {0x80000022, ALL, ALL, ALL, ALL},
    /* KVM's own calls and clocks, where it writes to guest memory by itself */
    {0x40000001, ALL, ALL, ALL, ALL},
};

void guest_cpuid_choose(struct kvm_cpuid_table *table)
{
  for (uint32_t i = 0; i < table->nent; i++)
  {
    struct kvm_cpuid_entry2 *entry = &table->entries[i];
    /* Offered by capability, not listed by all kernels. */
    if (entry->function == 1)
      entry->ecx |= CPUID_1_ECX_TSC_DEADLINE | CPUID_1_ECX_X2APIC;
    for (size_t row = 0; row < sizeof(hidden) / sizeof(hidden[0]); row++)
    {
      bool is_here =
          entry->function == hidden[row].function && (entry->function != 7 || entry->index == 0);
      if (!is_here)
        continue;
      entry->eax &= ~hidden[row].eax;
      entry->ebx &= ~hidden[row].ebx;
      entry->ecx &= ~hidden[row].ecx;
      entry->edx &= ~hidden[row].edx;
    }
  }
}
