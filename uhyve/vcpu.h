/* One virtual CPU: its state at the start and its exits. */
#ifndef UHYVE_VCPU_H
#define UHYVE_VCPU_H

#include <stdint.h>

#include "cpu_tables.h"
#include "kvm.h"

struct kvm_run;

struct vcpu
{
  unsigned int index;
  int fd;
  struct kvm_run *run; /* shared with KVM */
  uint64_t tsc_khz;
};

/* Creates the vCPU. Returns 0 or a negative errno; on failure there is nothing to destroy. */
int vcpu_create(struct vcpu *vcpu, const struct kvm *kvm, unsigned int index);

/* Brings it to its first instruction: 64-bit mode, ring 0, all tables set. kvm->cpuid is filled;
 * root_gpa: page tables. Returns 0 or a negative errno. */
int vcpu_prepare(struct vcpu *vcpu, const struct kvm *kvm, const struct cpu_start *start,
                 uint64_t root_gpa);

/* The guest's TSC less the host's, which KVM changes when the host's begins again in a suspend. For
 * the vCPU's own thread. Returns 0 or a negative errno. */
int vcpu_tsc_shift(const struct vcpu *vcpu, uint64_t *shift);

void vcpu_destroy(struct vcpu *vcpu, const struct kvm *kvm);

#endif
