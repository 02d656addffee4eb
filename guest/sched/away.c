/* A CPU whose task waits in the monitor: it can take no interrupt. */
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/tlb.h"
#include "sched/sched.h"
#include "start_info.h"

uint32_t sched_go_away(void)
{
  uint32_t was_masked = cpu_mask_save();
  struct percpu *cpu = cpu_this();
  if (start_info->cpu_count == 1)
    return was_masked;
  __atomic_exchange_n(&cpu->state, CPU_AWAY, __ATOMIC_SEQ_CST);
  if (balance_wanted(cpu))
  {
    spinlock_lock(run_lock(cpu));
    while (balance_give(cpu))
      ;
    spinlock_unlock(run_lock(cpu));
  }
  return was_masked;
}

void sched_come_back(uint32_t was_masked)
{
  struct percpu *cpu = cpu_this();
  if (start_info->cpu_count > 1)
  {
    __atomic_exchange_n(&cpu->state, CPU_RUNNING, __ATOMIC_SEQ_CST);
    tlb_catch_up(cpu);
    if (cpu->inbox != NULL)
      sched_request(cpu);
  }
  cpu_mask_restore(was_masked);
}
