/* TLB shootdown: each change has a generation, each CPU says which one it has reached. */
#include "arch/x86_64/tlb.h"

#include "arch/x86_64/cpu.h"
#include "sched/backoff.h"
#include "start_info.h"

/* Only a CPU that runs tasks may know translations of theirs: one that becomes RUNNING after the
 * generation was raised looks at it first. */
static bool is_behind(const struct percpu *cpu, uint64_t generation)
{
  return __atomic_load_n(&cpu->state, __ATOMIC_SEQ_CST) == CPU_RUNNING &&
         __atomic_load_n(&cpu->area.tlb_seen, __ATOMIC_ACQUIRE) < generation;
}

void tlb_shootdown(bool self_is_done)
{
  uint32_t was_masked = cpu_mask_save();
  struct percpu *self = cpu_this();
  uint64_t generation = __atomic_add_fetch(&start_info->tlb_generation, 1, __ATOMIC_SEQ_CST);
  if (self_is_done)
    self->area.tlb_seen = generation;
  else
    nucleus_call(NUCLEUS_TLB_FLUSH, 0, 0);
  for (unsigned int i = 0; i < start_info->cpu_count; i++)
  {
    struct percpu *cpu = cpu_of(i);
    if (cpu == self || !is_behind(cpu, generation))
      continue;
    self->area.counters.tlb_shootdowns++;
    self->area.counters.ipis++;
    nucleus_call(NUCLEUS_IPI, cpu_apic_id(i), UHYVE_VECTOR_TLB);
  }
  for (unsigned int i = 0; i < start_info->cpu_count; i++)
  {
    struct backoff backoff = BACKOFF_INIT;
    while (cpu_of(i) != self && is_behind(cpu_of(i), generation))
      backoff_wait(&backoff);
  }
  cpu_mask_restore(was_masked);
}

void tlb_catch_up(struct percpu *cpu)
{
  if (cpu->area.tlb_seen != __atomic_load_n(&start_info->tlb_generation, __ATOMIC_SEQ_CST))
    nucleus_call(NUCLEUS_TLB_FLUSH, 0, 0);
}
