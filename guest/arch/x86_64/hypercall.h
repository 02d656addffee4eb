/* The instruction that makes a hypercall. */
#ifndef GUEST_ARCH_HYPERCALL_H
#define GUEST_ARCH_HYPERCALL_H

#include <stdint.h>

#include "hypercalls/hypercalls.h"

/* block_gpa: guest-physical address of the call's argument block. */
static inline void hypercall_raw(enum hc_port port, uint64_t block_gpa)
{
  __asm__ volatile("out %%eax, %%dx" : : "d"(port), "D"(block_gpa), "a"(0) : "memory");
}

#endif
