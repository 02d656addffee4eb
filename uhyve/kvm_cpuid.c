/* What CPUID says in a guest. */
#include <cpuid.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/platform/x86.h>
#include <unistd.h>

#include "guest_cpuid.h"
#include "kvm.h"

const struct kvm_cpuid_entry2 *kvm_find_cpuid(const struct kvm *kvm, uint32_t function,
                                              uint32_t index)
{
  for (uint32_t i = 0; i < kvm->cpuid.nent; i++)
  {
    const struct kvm_cpuid_entry2 *entry = &kvm->cpuid.entries[i];
    if (entry->function == function && entry->index == index)
      return entry;
  }
  return NULL;
}

/* Bits of CPUID: AMD64 Architecture Programmer's Manual, volume 3, appendix E, revision 3.36. */
#define CPUID_1_ECX_CX16       (1u << 13)
#define CPUID_1_ECX_HYPERVISOR (1u << 31)

/* What any processor in 64-bit mode has, and KVM on it: long mode and no-execute among them. */
#define CPUID_1_EDX_BASE        0x078bfbffu
#define CPUID_80000001_EDX_BASE 0x23d3fbffu
#define CPUID_80000001_ECX_LAHF 1u

/* ---- All that KVM supports ---- */

static int read_supported(struct kvm *kvm)
{
  kvm->cpuid.nent = KVM_MAX_CPUID_ENTRIES;
  if (ioctl(kvm->fd, KVM_GET_SUPPORTED_CPUID, &kvm->cpuid) != 0)
    return -errno;
  guest_cpuid_choose(&kvm->cpuid);
  return 0;
}

/* ---- Where ring 3 of a guest asks the processor itself ---- */

/* The software back end, PVM, runs ring 3 natively: what is set here only KVM and ring 0 see, who
 * need little of it. KVM would ask the processor for some 80 leaves, and where there is PVM the
 * processor is a virtual one that takes 4 microseconds for each: a sixth of a start. On Intel's
 * processors CPUID can be made to fault in ring 3. */
static bool is_asked_natively(const char vendor[static 12])
{
  return memcmp(vendor, "GenuineIntel", 12) != 0 && access("/sys/module/kvm_pvm", F_OK) == 0;
}

static void add(struct kvm *kvm, struct kvm_cpuid_entry2 entry)
{
  kvm->cpuid.entries[kvm->cpuid.nent++] = entry;
}

/* The C library has read these leaves. */
static const unsigned int *leaf(unsigned int index)
{
  return __x86_get_cpuid_feature_leaf(index)->cpuid_array;
}

/* In the order of leaf(). */
enum
{
  EAX,
  EBX,
  ECX,
  EDX
};

static void fill_base(struct kvm *kvm, uint32_t ebx, uint32_t ecx, uint32_t edx)
{
  const unsigned int *first = leaf(CPUID_INDEX_1);
  const unsigned int *extended = leaf(CPUID_INDEX_80000001);
  const uint32_t first_ecx = (first[ECX] & CPUID_1_ECX_CX16) | CPUID_1_ECX_X2APIC |
                             CPUID_1_ECX_TSC_DEADLINE | CPUID_1_ECX_HYPERVISOR;
  kvm->cpuid.nent = 0;
  add(kvm, (struct kvm_cpuid_entry2){.eax = 1, .ebx = ebx, .ecx = ecx, .edx = edx});
  add(kvm, (struct kvm_cpuid_entry2){.function = 1,
                                     .eax = first[EAX],
                                     .ebx = first[EBX],
                                     .ecx = first_ecx,
                                     .edx = first[EDX] & CPUID_1_EDX_BASE});
  add(kvm, (struct kvm_cpuid_entry2){
               .function = 0x80000000, .eax = 0x80000008, .ebx = ebx, .ecx = ecx, .edx = edx});
  add(kvm, (struct kvm_cpuid_entry2){.function = 0x80000001,
                                     .eax = extended[EAX],
                                     .ecx = extended[ECX] & CPUID_80000001_ECX_LAHF,
                                     .edx = extended[EDX] & CPUID_80000001_EDX_BASE});
  add(kvm, (struct kvm_cpuid_entry2){.function = 0x80000008,
                                     .eax = leaf(CPUID_INDEX_80000008)[EAX] & 0xffff});
}

int kvm_read_cpuid(struct kvm *kvm)
{
  uint32_t eax, vendor[3];
  __cpuid(0, eax, vendor[0], vendor[2], vendor[1]);
  if (!is_asked_natively((const char *) vendor))
    return read_supported(kvm);
  fill_base(kvm, vendor[0], vendor[2], vendor[1]);
  return 0;
}
