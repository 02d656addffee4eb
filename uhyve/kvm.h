/* /dev/kvm: what the host offers, and the making of a virtual machine. */
#ifndef UHYVE_KVM_H
#define UHYVE_KVM_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>

#include "guest_memory.h"

#define KVM_MAX_CPUID_ENTRIES 256

/* struct kvm_cpuid2 with room for its entries. */
struct kvm_cpuid_table
{
  uint32_t nent;
  uint32_t padding;
  struct kvm_cpuid_entry2 entries[KVM_MAX_CPUID_ENTRIES];
};

struct kvm
{
  int fd;
  int vm_fd;
  int run_bytes;                /* of a vCPU's shared area */
  struct kvm_cpuid_table cpuid; /* what guests see, but for the APIC ids */
};

/* Opens /dev/kvm and makes a virtual machine with the split interrupt controller. Returns 0 or a
 * negative errno with one line in message. */
int kvm_create_vm(struct kvm *kvm, char message[static 256]);

/* Reads the CPUID that guests will see. Needs kvm->fd only. Returns 0 or a negative errno. */
int kvm_read_cpuid(struct kvm *kvm);

/* Attaches the guest's RAM up to that many bytes from its start; what is attached already stays.
 * Returns 0 or a negative errno. */
int kvm_attach_memory(const struct kvm *kvm, struct guest_memory *memory, uint64_t ram_bytes);

/* The entry of a leaf, or null. */
const struct kvm_cpuid_entry2 *kvm_find_cpuid(const struct kvm *kvm, uint32_t function,
                                              uint32_t index);

void kvm_close(struct kvm *kvm);

#endif
