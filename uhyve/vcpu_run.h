/* The run loop of a vCPU: from one VM exit to the next until the guest ends. */
#ifndef UHYVE_VCPU_RUN_H
#define UHYVE_VCPU_RUN_H

#include "vm.h"

/* Runs on the vCPU's own thread until vm->ending is set, by this or another CPU. */
void vcpu_run(struct vm *vm, unsigned int cpu);

#endif
