/* Shuts a virtual machine's monitor in. */
#ifndef UHYVE_VM_SANDBOX_H
#define UHYVE_VM_SANDBOX_H

#include "vm.h"

/* The last step before the guest runs: from here on nothing is opened that no mapping has. Returns
 * 0 or a negative errno, as vm_create. */
int vm_sandbox_enter(struct vm *vm);

#endif
