/* A CPU whose task is in the monitor: it can take no interrupt. */
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/tlb.h"
#include "hypercalls/hypercalls.h"
#include "sched/sched.h"
#include "start_info.h"
#include "time/clock.h"

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

/* A signal, or a task of another CPU, waits no longer than that. */
#define SHARED_MOST_US 200u

uint32_t sched_has_signals;

uint32_t sched_may_be_away_us(void)
{
  struct percpu *cpu = cpu_this();
  const struct task *task = cpu->current;
  uint64_t next_tsc = timers_next_tsc(cpu);
  uint64_t now_tsc = cpu_tsc();
  bool is_wanted =
      start_info->cpu_count > 1 || __atomic_load_n(&sched_has_signals, __ATOMIC_RELAXED) != 0;
  uint32_t most_us = is_wanted ? SHARED_MOST_US : HC_WAIT_FOREVER;
  uint32_t heeds = task->heeds | ((task->heeds & TASK_HOLDS) != 0 ? TASK_SIGNALLED : 0);
  if (cpu->queue.ready != 0 || cpu->inbox != NULL || cpu->area.pending != 0 ||
      (task->attention & heeds) != 0 || next_tsc <= now_tsc)
    return 0;
  if (next_tsc == TIMER_NEVER)
    return most_us;
  uint64_t left_us = clock_ns_of_cycles(next_tsc - now_tsc) / 1000 + 1;
  return left_us < most_us ? (uint32_t) left_us : most_us;
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
