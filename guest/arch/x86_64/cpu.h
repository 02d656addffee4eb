/* This CPU as the kernel library sees it from ring 3: time stamp, interrupt mask, nucleus calls. */
#ifndef GUEST_ARCH_CPU_H
#define GUEST_ARCH_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/cpu_features.h"
#include "hypercalls/start_info.h"
#include "layout.h"
#include "percpu.h"

/* Enters the nucleus; never blocks but for NUCLEUS_IDLE. Returns 0 or a negative errno. */
long nucleus_call(long number, uint64_t first, uint64_t second);

static inline uint64_t cpu_tsc(void)
{
  return __builtin_ia32_rdtsc();
}

/* In a loop that waits for another CPU. */
static inline void cpu_relax(void)
{
  __builtin_ia32_pause();
}

/* The data of the CPU this runs on; stays valid only while interrupts are masked. */
static inline struct percpu *cpu_this(void)
{
  struct percpu *cpu;
  __asm__ volatile("mov %%gs:%c1, %0" : "=r"(cpu) : "i"(AREA_SELF));
  return cpu;
}

/* The running task, also unmasked; null while the CPU is idle. */
static inline struct task *cpu_current(void)
{
  struct task *task;
  __asm__ volatile("mov %%gs:%c1, %0" : "=r"(task) : "i"(PERCPU_CURRENT));
  return task;
}

/* The data of any CPU. */
struct percpu *cpu_of(unsigned int index);

/* Holds interrupts of this CPU back: no upcall but for an exception, no other task. */
static inline void cpu_mask_interrupts(void)
{
  __asm__ volatile("movl $1, %%gs:%c0" : : "i"(AREA_MASKED) : "memory");
}

/* Runs what is pending, switches tasks if one of higher priority is ready. */
void cpu_run_pending(void);

/* Lets interrupts in again and runs the handlers of those that came meanwhile. */
static inline void cpu_unmask_interrupts(void)
{
  uint32_t pending;
  __asm__ volatile("movl $0, %%gs:%c1\n\t"
                   "mov %%gs:%c2, %0"
                   : "=r"(pending)
                   : "i"(AREA_MASKED), "i"(AREA_PENDING)
                   : "memory");
  if (__builtin_expect(pending != 0, 0))
    cpu_run_pending();
}

/* For code that may be masked already: masks and returns whether it was, for cpu_mask_restore(). */
static inline uint32_t cpu_mask_save(void)
{
  uint32_t was_masked;
  __asm__ volatile("mov %%gs:%c1, %0\n\t"
                   "movl $1, %%gs:%c1"
                   : "=r"(was_masked)
                   : "i"(AREA_MASKED)
                   : "memory");
  return was_masked;
}

static inline void cpu_mask_restore(uint32_t was_masked)
{
  if (was_masked == 0)
    cpu_unmask_interrupts();
}

static inline bool cpu_is_masked(void)
{
  uint32_t masked;
  __asm__ volatile("mov %%gs:%c1, %0" : "=r"(masked) : "i"(AREA_MASKED));
  return masked != 0;
}

/* What a CPU is called in NUCLEUS_IPI. */
uint32_t cpu_apic_id(unsigned int index);

/* Whether ring 3 may set the FS base itself; set once at boot. */
extern bool cpu_fsgsbase;

/* Makes GS point to this CPU's data again, where the program can have changed that. */
static inline void cpu_restore_gs_base(uint64_t area_gva)
{
  if (cpu_fsgsbase)
    __asm__ volatile("wrgsbase %0" : : "r"(area_gva));
}

/* Sets the base of thread-local storage. */
static inline void cpu_set_fs_base(uint64_t base_gva)
{
  if (__builtin_expect(cpu_fsgsbase, 1))
    __asm__ volatile("wrfsbase %0" : : "r"(base_gva));
  else
    nucleus_call(NUCLEUS_SET_FS, base_gva, 0);
}

#endif
