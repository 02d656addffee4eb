/* What a guest gets of the host's files. */
#ifndef UHYVE_VM_FILES_H
#define UHYVE_VM_FILES_H

#include "vm.h"

/* Opens initrd and mappings, after the output: from here on files are made without a mask, for the
 * guest applies its own. Returns 0 or a negative errno, as vm_create. */
int vm_files_open(struct vm *vm);
void vm_files_close(struct vm *vm);

#endif
