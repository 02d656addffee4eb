/* Upcalls in ring 3: interrupt handlers and the fate of exceptions. */
#ifndef GUEST_ARCH_TRAP_H
#define GUEST_ARCH_TRAP_H

#include <stdint.h>

#include "hypercalls/start_info.h"

/* General registers as upcall_entry pushes them. */
struct trap_registers
{
  uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi;
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
};

/* Called by upcall_entry, masked, on the upcall stack. */
void upcall_dispatch(struct trap_registers *regs, struct uhyve_upcall_area *area);

/* Runs the handlers of all pending interrupts; masked. */
void interrupts_run_pending(struct uhyve_upcall_area *area);

#endif
