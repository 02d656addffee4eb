/* Stands in for guest/arch/x86_64/cpu.h in unit tests: a CPU is a thread, and GS is the host's. */
#ifndef GUEST_ARCH_CPU_H
#define GUEST_ARCH_CPU_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/cpu_features.h"
#include "arch/x86_64/layout.h"
#include "hypercalls/start_info.h"
#include "percpu.h"

/* Of this thread. In hosted/cpu.c, with spinlock_wait() and cpu_run_pending(); a test that needs
 * nucleus_call(), cpu_apic_id(), cpu_of() or cpu_set_fs_base() defines them. */
extern _Thread_local struct percpu hosted_cpu;

long nucleus_call(long number, uint64_t first, uint64_t second);
uint32_t cpu_apic_id(unsigned int index);

static inline uint64_t cpu_tsc(void)
{
  return __builtin_ia32_rdtsc();
}

static inline void cpu_relax(void)
{
  __builtin_ia32_pause();
}

static inline struct percpu *cpu_this(void)
{
  /* gcc 12 with sanitizers takes the address for null when it sees where it is from. */
  struct percpu *cpu = &hosted_cpu;
  __asm__("" : "+r"(cpu));
  return cpu;
}

struct percpu *cpu_of(unsigned int index);

/* Nothing interrupts a thread; the flag tells tests whether a call came masked. */
static inline void cpu_mask_interrupts(void)
{
  hosted_cpu.area.masked = 1;
}

void cpu_run_pending(void);

static inline void cpu_unmask_interrupts(void)
{
  hosted_cpu.area.masked = 0;
  if (hosted_cpu.area.pending != 0)
    cpu_run_pending();
}

static inline uint32_t cpu_mask_save(void)
{
  uint32_t was_masked = hosted_cpu.area.masked;
  hosted_cpu.area.masked = 1;
  return was_masked;
}

static inline void cpu_mask_restore(uint32_t was_masked)
{
  if (was_masked == 0)
    cpu_unmask_interrupts();
}

static inline bool cpu_is_masked(void)
{
  return hosted_cpu.area.masked != 0;
}

void cpu_set_fs_base(uint64_t base_gva);

#endif
