/* Real-time tasks: what starts them, and what order they run in. */
#include "sched/realtime.h"

#include <signal.h>

#include "arch/x86_64/cpu.h"
#include "crash.h"
#include "sched/realtime_server.h"
#include "time/clock.h"

void realtime_look(struct percpu *cpu)
{
  struct realtime *realtime = cpu->realtime;
  if (realtime == NULL || realtime_best(realtime) <= cpu->realtime_level)
    return;
  if (cpu->current == realtime->server)
    sched_request(cpu);
  else if (realtime->is_waiting)
  {
    realtime->is_waiting = false;
    sched_wake(realtime->server, WAIT_WOKEN);
  }
}

static void start(struct percpu *cpu, struct realtime_task *task)
{
  if (task->is_pending)
  {
    task->missed++;
    return;
  }
  task->is_pending = true;
  task->node.key = REALTIME_PRIORITIES - task->priority;
  heap_insert(&cpu->realtime->pending, &task->node);
  realtime_look(cpu);
}

void realtime_run_all(struct percpu *cpu)
{
  struct realtime *realtime = cpu->realtime;
  unsigned int level = cpu->realtime_level;
  while (realtime_best(realtime) > level)
  {
    struct realtime_task *task = (struct realtime_task *) realtime->pending.first;
    heap_remove(&realtime->pending, &task->node);
    task->is_pending = false;
    task->runs++;
    cpu->realtime_level = task->priority;
    cpu_unmask_interrupts();
    task->run(task);
    cpu_mask_interrupts();
    cpu->realtime_level = level;
  }
}

void realtime_interrupt(struct percpu *cpu, unsigned int source)
{
  if (cpu->realtime != NULL && cpu->realtime->sources[source] != NULL)
    start(cpu, cpu->realtime->sources[source]);
}

void realtime_expire(struct timer *timer, struct percpu *cpu)
{
  struct realtime_task *task =
      (struct realtime_task *) ((char *) timer - offsetof(struct realtime_task, timer));
  if (task->period_ns != 0)
  {
    /* In nanoseconds from the first one: periods of whole cycles would drift. */
    uint64_t now_ns = clock_monotonic_ns();
    task->next_ns += task->period_ns;
    if (task->next_ns < now_ns)
    {
      uint64_t periods = (now_ns - task->next_ns) / task->period_ns + 1;
      task->missed += periods;
      task->next_ns += periods * task->period_ns;
    }
    timer_set(cpu, timer, clock_tsc_of_ns(task->next_ns));
  }
  start(cpu, task);
}

void realtime_check_block(const struct percpu *cpu)
{
  if (cpu->current->priority == RUN_PRIORITY_CEILING)
    crash_by_signal(SIGABRT, "a task blocks or ends while it holds a real-time ceiling");
  if (!cpu->realtime->is_waiting)
    crash_by_signal(SIGABRT, "a real-time task blocks or ends its thread");
}
