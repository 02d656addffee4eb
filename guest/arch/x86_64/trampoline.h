/* Calls of nested functions by their address. */
#ifndef GUEST_ARCH_TRAMPOLINE_H
#define GUEST_ARCH_TRAMPOLINE_H

#include <stdbool.h>

#include "arch/x86_64/trap.h"

/* After an instruction fetch from memory that is not executable: if a trampoline is there, does
 * what its instructions would do, and returns true. */
bool trampoline_follow(struct uhyve_upcall_area *area, struct trap_registers *regs);

#endif
