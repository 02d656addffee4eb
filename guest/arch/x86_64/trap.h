/* Upcalls in ring 3: interrupt handlers and the fate of exceptions. */
#ifndef GUEST_ARCH_TRAP_H
#define GUEST_ARCH_TRAP_H

#include <stdint.h>

#include "hypercalls/hypercalls.h"
#include "hypercalls/start_info.h"
#include "percpu.h"

/* General registers as upcall_entry pushes them. */
struct trap_registers
{
  uint64_t rax, rcx, rdx, rbx, rbp, rsi, rdi;
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
};

/* Interrupted code: all of its state but the vector registers. */
struct trap_frame
{
  struct trap_registers registers;
  uint64_t rip, rsp, rflags;
};

/* What an upcall has interrupted: out of the save area, to go on with it some time later. */
static inline struct trap_frame trap_take(const struct uhyve_upcall_area *area,
                                          const struct trap_registers *registers)
{
  return (struct trap_frame){
      .registers = *registers, .rip = area->rip, .rsp = area->rsp, .rflags = area->rflags};
}

/* Puts it back: the end of an upcall, or context_return(), goes on with it. Masked. */
static inline void trap_put_back(struct uhyve_upcall_area *area, const struct trap_frame *frame)
{
  area->rip = frame->rip;
  area->rsp = frame->rsp;
  area->rflags = frame->rflags;
  area->was_masked = 0;
  area->active = 1;
}

/* What an upcall has interrupted, for a report. */
struct hc_registers trap_interrupted(const struct trap_registers *regs,
                                     const struct uhyve_upcall_area *area);

/* Called by upcall_entry, masked, on the upcall stack. */
void upcall_dispatch(struct trap_registers *regs, struct uhyve_upcall_area *area);

/* Runs the handlers of all pending interrupts; masked. They may ask for another task
 * (cpu->reschedule), which is the caller's to see to. */
void interrupts_run(struct percpu *cpu);

#endif
