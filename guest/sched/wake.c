/* Making tasks ready: on this CPU, and through the inbox of another one. */
#include "arch/x86_64/cpu.h"
#include "sched/sched.h"

/* About 5 us and 0.5 ms. */
#define LATE_LEAST_CYCLES 15000ull
#define LATE_MOST_CYCLES  1500000ull

void sched_interrupt(struct percpu *cpu)
{
  /* Cleared by the handler, before it looks into the inbox. */
  if (__atomic_exchange_n(&cpu->kicked, 1, __ATOMIC_SEQ_CST) != 0)
    return;
  cpu_this()->area.counters.ipis++;
  nucleus_call(NUCLEUS_IPI, cpu->area.cpu, UHYVE_VECTOR_WAKE);
}

static void give_to(struct percpu *cpu, struct task *task)
{
  /* What this needs of the task comes first: it may be gone when the other CPU has it. */
  int32_t priority = (int32_t) task->priority;
  task->inbox_next = __atomic_load_n(&cpu->inbox, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(&cpu->inbox, &task->inbox_next, task, true, __ATOMIC_SEQ_CST,
                                      __ATOMIC_RELAXED))
    ;
  uint32_t state = __atomic_load_n(&cpu->state, __ATOMIC_SEQ_CST);
  if (state == CPU_HALTED ||
      (state == CPU_RUNNING &&
       priority >= __atomic_load_n(&cpu->running_priority, __ATOMIC_SEQ_CST)))
    sched_interrupt(cpu);
}

/* A task that is to run here, unless it has been sent elsewhere meanwhile. The one that was woken
 * before it slept is still running. The run lock is held. */
static void add_here(struct percpu *cpu, struct task *task)
{
  timer_clear(cpu, &task->wait_timer);
  if (task_must_leave(task, cpu) && task != cpu->current)
  {
    task->cpu = balance_place(task);
    give_to(cpu_of(task->cpu), task);
    return;
  }
  run_queue_add(cpu, task);
  const struct task *running = cpu->current;
  if (running == NULL)
    return;
  if (task->priority > running->priority)
    sched_request(cpu);
  else if (cpu->slice_end_tsc == TIMER_NEVER)
    sched_begin_slice(cpu, cpu_tsc());
}

void inbox_take(struct percpu *cpu)
{
  struct task *newest = __atomic_exchange_n(&cpu->inbox, NULL, __ATOMIC_ACQ_REL);
  struct task *oldest = NULL;
  while (newest != NULL)
  {
    struct task *next = newest->inbox_next;
    newest->inbox_next = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest != NULL)
  {
    struct task *task = oldest;
    oldest = task->inbox_next;
    add_here(cpu, task);
  }
}

void sched_deliver(struct task *task)
{
  struct percpu *self = cpu_this();
  struct percpu *cpu = cpu_of(task->cpu);
  self->area.counters.wake_ups++;
  if (cpu != self)
  {
    give_to(cpu, task);
    return;
  }
  spinlock_lock(run_lock(self));
  add_here(self, task);
  spinlock_unlock(run_lock(self));
}

void sched_handle_wake(struct percpu *cpu)
{
  __atomic_store_n(&cpu->kicked, 0, __ATOMIC_SEQ_CST);
  spinlock_lock(run_lock(cpu));
  inbox_drain(cpu);
  /* The priority of a task may have changed, too. */
  if (cpu->current != NULL && run_queue_best(cpu) > (int) cpu->current->priority)
    sched_request(cpu);
  spinlock_unlock(run_lock(cpu));
}

void sched_handle_timer(struct percpu *cpu)
{
  uint64_t now_tsc = cpu_tsc();
  /* With deadlines always due the CPU would only handle interrupts: tasks get as long between two
   * as this one took to come. */
  uint64_t late = now_tsc > cpu->armed_tsc ? now_tsc - cpu->armed_tsc : 0;
  uint64_t pause = late < LATE_MOST_CYCLES ? late : LATE_MOST_CYCLES;
  pause = pause > LATE_LEAST_CYCLES ? pause : LATE_LEAST_CYCLES;
  cpu->armed_tsc = TIMER_NEVER;
  cpu->rest_end_tsc = TIMER_NEVER; /* nothing in here arms it */
  timers_run(cpu, now_tsc);
  spinlock_lock(run_lock(cpu));
  if (cpu->current != NULL && now_tsc >= cpu->slice_end_tsc)
  {
    if (balance_wanted(cpu))
      balance_give(cpu);
    sched_charge(cpu, now_tsc);
    sched_begin_slice(cpu, now_tsc);
    cpu->slice_is_over = true;
    sched_request(cpu);
  }
  /* Also when it is another task that goes on. */
  cpu->rest_end_tsc = cpu_tsc() + pause;
  sched_arm_timer(cpu);
  spinlock_unlock(run_lock(cpu));
}
