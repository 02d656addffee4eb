/* What is done when a guest has crashed, or broken the interface. */
#ifndef UHYVE_CRASH_H
#define UHYVE_CRASH_H

#include "vm.h"

/* When no CPU runs any more and vm->end is a crash, a failure of the nucleus or a broken interface:
 * prints the report, and writes the core file if there is one. Returns the exit status. */
int crash_finish(struct vm *vm);

#endif
