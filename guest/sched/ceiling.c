/* Priority ceilings: what guards data of real-time tasks instead of a lock.
 *
 * The level of a CPU is the priority of the real-time task that runs there, or the ceiling that is
 * held; nothing up to it starts. An ordinary task that holds a ceiling is above all others, so that
 * it is preempted by the server alone and stays on its CPU.
 */
#include "arch/x86_64/cpu.h"
#include "sched/realtime_server.h"

/* The run lock keeps out who changes the task's priority. */
static void raise_priority(struct percpu *cpu)
{
  struct task *task = cpu->current;
  spinlock_lock(run_lock(cpu));
  task->priority = RUN_PRIORITY_CEILING;
  __atomic_store_n(&cpu->running_priority, RUN_PRIORITY_CEILING, __ATOMIC_RELAXED);
  spinlock_unlock(run_lock(cpu));
}

/* Returns whether the task may still use this CPU. */
static bool lower_priority(struct percpu *cpu)
{
  struct task *task = cpu->current;
  spinlock_lock(run_lock(cpu));
  task->priority = task_plain_priority(task);
  /* Before the look into the inbox: who gives something now sends an interrupt, if it is due. */
  __atomic_store_n(&cpu->running_priority, (int32_t) task->priority, __ATOMIC_SEQ_CST);
  int best = run_queue_best(cpu);
  bool is_equal = best == (int) task->priority;
  if (best > (int) task->priority || (is_equal && cpu->slice_is_over) ||
      __atomic_load_n(&cpu->inbox, __ATOMIC_SEQ_CST) != NULL)
    sched_request(cpu);
  else if (is_equal && cpu->slice_end_tsc == TIMER_NEVER)
    sched_begin_slice(cpu, cpu_tsc());
  if ((task->attention & TASK_SIGNALLED) != 0)
    cpu->area.pending = 1;
  bool may_stay = task_may_use(task, cpu->area.cpu);
  spinlock_unlock(run_lock(cpu));
  return may_stay;
}

unsigned int realtime_lock(unsigned int ceiling)
{
  uint32_t was_masked = cpu_mask_save();
  struct percpu *cpu = cpu_this();
  unsigned int former = cpu->realtime_level;
  if (ceiling > REALTIME_PRIORITIES)
    ceiling = REALTIME_PRIORITIES;
  if (ceiling > former)
  {
    cpu->realtime_level = ceiling;
    if (cpu->current->priority < TASK_PRIORITIES)
      raise_priority(cpu);
  }
  cpu_mask_restore(was_masked);
  return former;
}

void realtime_unlock(unsigned int former)
{
  uint32_t was_masked = cpu_mask_save();
  struct percpu *cpu = cpu_this();
  bool may_stay = true;
  if (cpu->realtime_level != former)
  {
    cpu->realtime_level = former;
    if (former == 0 && cpu->current->priority == RUN_PRIORITY_CEILING)
      may_stay = lower_priority(cpu);
    realtime_look(cpu);
  }
  if (!may_stay && was_masked == 0)
    sched_move();
  cpu_mask_restore(was_masked);
}
