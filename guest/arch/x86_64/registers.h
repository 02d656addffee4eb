/* The registers of running code, for a backtrace from here. */
#ifndef GUEST_ARCH_REGISTERS_H
#define GUEST_ARCH_REGISTERS_H

#include "hypercalls/hypercalls.h"

/* Fills what an unwinder needs: RIP, RSP, RBP and the callee-saved registers, of the function it
 * is written in. The others stay as they are. */
static inline __attribute__((always_inline)) void registers_capture(struct hc_registers *regs)
{
  __asm__ volatile("lea 0(%%rip), %%rax\n\t"
                   "mov %%rax, %0\n\t"
                   "mov %%rsp, %1\n\t"
                   "mov %%rbp, %2\n\t"
                   "mov %%rbx, %3\n\t"
                   "mov %%r12, %4\n\t"
                   "mov %%r13, %5\n\t"
                   "mov %%r14, %6\n\t"
                   "mov %%r15, %7"
                   : "=m"(regs->rip), "=m"(regs->rsp), "=m"(regs->rbp), "=m"(regs->rbx),
                     "=m"(regs->r12), "=m"(regs->r13), "=m"(regs->r14), "=m"(regs->r15)
                   :
                   : "rax");
}

#endif
