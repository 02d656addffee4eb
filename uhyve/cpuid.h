/* What of the host's processor and KVM a guest sees. */
#ifndef UHYVE_CPUID_H
#define UHYVE_CPUID_H

#include "kvm.h"

/* Adds what KVM offers and does not list, and takes out what no guest needs: KVM refuses what is
 * not listed, and so less of it can be attacked from inside. */
void cpuid_choose(struct kvm_cpuid_table *table);

#endif
