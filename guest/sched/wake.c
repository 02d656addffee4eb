/* Making tasks ready: on this CPU, and through the inbox of another one. */
#include "arch/x86_64/cpu.h"
#include "sched/sched.h"
#include "start_info.h"

/* About 5 us and 0.5 ms. */
#define REST_LEAST_CYCLES 15000ull
#define REST_MOST_CYCLES  1500000ull

/* The run lock is held. */
static void add_here(struct percpu *cpu, struct task *task)
{
  const struct task *running = cpu->current;
  task->is_misplaced = false;
  timer_clear(cpu, &task->wait_timer);
  /* Its affinity may have changed while it slept; the running one, woken before it slept, sees to
   * that itself. */
  if (task != running && !task_may_use(task, cpu->area.cpu))
  {
    task->cpu = balance_place(task);
    sched_give(cpu_of(task->cpu), task);
    return;
  }
  run_queue_add(cpu, task);
  if (running == NULL)
    return;
  /* One of the two sees the other: this one idle CPUs, or one that becomes idle this task. */
  if (start_info->cpu_count > 1)
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
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

void sched_interrupt(struct percpu *cpu)
{
  /* Cleared by the handler, before it looks into the inbox. */
  if (__atomic_exchange_n(&cpu->kicked, 1, __ATOMIC_SEQ_CST) != 0)
    return;
  cpu_this()->area.counters.ipis++;
  nucleus_call(NUCLEUS_IPI, cpu_apic_id(cpu->area.cpu), UHYVE_VECTOR_WAKE);
}

uint32_t sched_changes;

void sched_give(struct percpu *cpu, struct task *task)
{
  /* What this needs of the task comes first: it may be gone when the other CPU has it. */
  uint32_t changes = __atomic_load_n(&sched_changes, __ATOMIC_ACQUIRE);
  int32_t priority = (int32_t) __atomic_load_n(&task->priority, __ATOMIC_RELAXED);
  bool is_misplaced = __atomic_load_n(&task->is_misplaced, __ATOMIC_RELAXED);
  task->inbox_next = __atomic_load_n(&cpu->inbox, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(&cpu->inbox, &task->inbox_next, task, true, __ATOMIC_SEQ_CST,
                                      __ATOMIC_RELAXED))
    ;
  uint32_t state = __atomic_load_n(&cpu->state, __ATOMIC_SEQ_CST);
  /* In an inbox nobody sees it: where another CPU could take it, it has to be in the queue. */
  if (state == CPU_HALTED ||
      (state == CPU_RUNNING &&
       (is_misplaced || changes != __atomic_load_n(&sched_changes, __ATOMIC_SEQ_CST) ||
        priority >= __atomic_load_n(&cpu->running_priority, __ATOMIC_SEQ_CST) ||
        __atomic_load_n(&idle_cpus, __ATOMIC_SEQ_CST) != 0)))
    sched_interrupt(cpu);
}

/* A task whose CPU is in the monitor goes elsewhere, unless its timer is set there. */
static struct percpu *leave_away(struct percpu *cpu, struct task *task)
{
  if (task->wait_timer.is_set)
    return cpu;
  spinlock_lock(run_lock(cpu));
  task->cpu = balance_place(task);
  spinlock_unlock(run_lock(cpu));
  return cpu_of(task->cpu);
}

void sched_deliver(struct task *task)
{
  struct percpu *self = cpu_this();
  struct percpu *cpu = cpu_of(task->cpu);
  self->area.counters.wake_ups++;
  if (cpu != self && __atomic_load_n(&cpu->state, __ATOMIC_RELAXED) == CPU_AWAY)
    cpu = leave_away(cpu, task);
  if (cpu != self)
  {
    sched_give(cpu, task);
    return;
  }
  spinlock_lock(run_lock(self));
  add_here(self, task);
  spinlock_unlock(run_lock(self));
}

void sched_attend(struct task *task, uint32_t bits)
{
  __atomic_fetch_or(&task->attention, bits, __ATOMIC_SEQ_CST);
  if ((__atomic_load_n(&task->heeds, __ATOMIC_RELAXED) & bits) != 0)
    sched_wake(task, WAIT_INTERRUPTED);
  if ((bits & TASK_SIGNALLED) == 0)
    return;
  /* It runs, or whoever lets it run takes the same lock and sees the bits. */
  struct percpu *self = cpu_this();
  struct percpu *cpu;
  for (;;)
  {
    cpu = cpu_of(__atomic_load_n(&task->cpu, __ATOMIC_RELAXED));
    spinlock_lock(run_lock(cpu));
    if (cpu->area.cpu == __atomic_load_n(&task->cpu, __ATOMIC_RELAXED))
      break;
    spinlock_unlock(run_lock(cpu));
  }
  bool is_running = cpu->current == task;
  spinlock_unlock(run_lock(cpu));
  if (is_running && cpu == self)
    cpu->area.pending = 1;
  else if (is_running)
    sched_interrupt(cpu);
}

void sched_handle_wake(struct percpu *cpu)
{
  __atomic_store_n(&cpu->kicked, 0, __ATOMIC_SEQ_CST);
  spinlock_lock(run_lock(cpu));
  inbox_drain(cpu);
  /* Priority or affinity of a task may have changed, too. */
  if (cpu->current != NULL && (run_queue_best(cpu) >= (int) cpu->current->priority ||
                               !task_may_use(cpu->current, cpu->area.cpu)))
    sched_request(cpu);
  spinlock_unlock(run_lock(cpu));
}

void sched_handle_timer(struct percpu *cpu)
{
  uint64_t now_tsc = cpu_tsc();
  /* With deadlines always due the CPU would only handle interrupts: tasks get as long between two
   * as this one took to come. */
  uint64_t late = now_tsc > cpu->armed_tsc ? now_tsc - cpu->armed_tsc : 0;
  late = late < REST_MOST_CYCLES ? late : REST_MOST_CYCLES;
  cpu->rest_cycles = late > REST_LEAST_CYCLES ? late : REST_LEAST_CYCLES;
  timers_run(cpu, now_tsc); /* sets no timer: what is armed counts as earlier than all */
  cpu->armed_tsc = TIMER_NEVER;
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
  sched_arm_timer(cpu, cpu_tsc());
  spinlock_unlock(run_lock(cpu));
}
