/* A guest's memory while it runs: what it has of the reserved memory, and how the host treats it.
 */
#ifndef UHYVE_VM_MEMORY_H
#define UHYVE_VM_MEMORY_H

#include "vm.h"

/* Tells the host how to treat the memory, as the options say, and watches over what the guest
 * starts with. Returns 0, or a negative errno where the host cannot merge pages. */
int vm_memory_prepare(struct vm *vm);

/* The monitor takes no more memory for itself from here on than 1 GiB, whatever a guest or the
 * report about it make it do. */
void vm_memory_limit_own(const struct vm *vm);

/* Attaches free memory and maps it in the window, so that the guest has at least memory_bytes of
 * it. Returns what it has then, or a negative errno: -ENOMEM for more than is reserved. For vCPU
 * threads. */
int64_t vm_memory_attach(struct vm *vm, uint64_t memory_bytes);

#endif
