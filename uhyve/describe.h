/* What -v tells of a virtual machine that is ready to run. */
#ifndef UHYVE_DESCRIBE_H
#define UHYVE_DESCRIBE_H

#include <stdio.h>

struct vm;

/* verbosity 1: a few lines; 2 and more: the memory map as well. */
void vm_describe(FILE *out, const struct vm *vm);

#endif
