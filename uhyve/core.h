/* The core file of a crashed guest. */
#ifndef UHYVE_CORE_H
#define UHYVE_CORE_H

#include "guest_threads.h"
#include "vm.h"

/* When no CPU runs any more. Writes the file, gives it its name, and says so on standard error, or
 * why not. registers: of where it crashed; signal: by which it ends, or 0. */
void core_dump(struct vm *vm, const struct guest_threads *threads,
               const struct hc_registers *registers, int signal);

#endif
