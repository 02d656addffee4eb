/* This CPU as the kernel library sees it from ring 3: time stamp, interrupt mask, nucleus calls. */
#ifndef GUEST_ARCH_CPU_H
#define GUEST_ARCH_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/cpu_features.h"
#include "hypercalls/start_info.h"
#include "layout.h"

/* Enters the nucleus; never blocks but for NUCLEUS_IDLE. Returns 0 or a negative errno. */
long nucleus_call(long number, uint64_t argument);

static inline uint64_t cpu_tsc(void)
{
  return __builtin_ia32_rdtsc();
}

/* The area of the CPU this runs on; stays valid only while interrupts are masked. */
static inline struct uhyve_upcall_area *cpu_upcall_area(void)
{
  struct uhyve_upcall_area *area;
  __asm__ volatile("mov %%gs:%c1, %0" : "=r"(area) : "i"(AREA_SELF));
  return area;
}

/* Holds interrupts of this CPU back. Not nestable. */
static inline void cpu_mask_interrupts(void)
{
  __asm__ volatile("movl $1, %%gs:%c0" : : "i"(AREA_MASKED) : "memory");
}

/* Lets interrupts in again and runs the handlers of those that came meanwhile. */
void cpu_unmask_interrupts(void);

/* Masked: halts until an interrupt is pending, then runs its handler. */
void cpu_idle_masked(void);

/* Sets the base of thread-local storage. */
void cpu_set_fs_base(const struct cpu_features *features, uint64_t base_gva);

#endif
