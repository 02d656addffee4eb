/* What of the host's processor and KVM a guest sees. */
#ifndef UHYVE_GUEST_CPUID_H
#define UHYVE_GUEST_CPUID_H

#include "kvm.h"

/* Every guest has these. */
#define CPUID_1_ECX_X2APIC       (1u << 21)
#define CPUID_1_ECX_TSC_DEADLINE (1u << 24)

/* Adds what KVM offers and does not list, and takes out what no guest needs: KVM refuses what is
 * not listed, and so less of it can be attacked from inside. */
void guest_cpuid_choose(struct kvm_cpuid_table *table);

#endif
