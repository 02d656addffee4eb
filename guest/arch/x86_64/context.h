/* Switching between stacks. Callers are masked. */
#ifndef GUEST_ARCH_CONTEXT_H
#define GUEST_ARCH_CONTEXT_H

#include <stdint.h>

struct trap_frame;

/* A task that left its CPU by a call. The callee-saved registers are on its stack; the control bits
 * of MXCSR and x87 are callee-saved too (psABI 3.2.1). */
struct context
{
  uint64_t rsp;
  uint32_t mxcsr;
  uint32_t fcw; /* 16 bits of it */
};

/* Makes a context that begins entry() with an empty stack below stack_top_gva; entry must not
 * return. */
void context_init(struct context *context, uint64_t stack_top_gva, void (*entry)(void));

/* Leaves the running code in *save, goes on with *load; returns when somebody loads *save. */
void context_switch(struct context *save, const struct context *load);

/* Leaves the running code in *save and calls function(argument) on this CPU's upcall stack, which
 * must not return. */
void context_leave(struct context *save, void (*function)(void *argument), void *argument);

/* Goes on with *load; what runs is given up. */
_Noreturn void context_load(const struct context *load);

/* Goes on with interrupted code, its RIP, RSP and RFLAGS being in the save area: upcall.S. */
_Noreturn void context_return(const struct trap_frame *frame);

#endif
