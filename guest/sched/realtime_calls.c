/* Real-time tasks: calls of those who own them. */
#include <errno.h>

#include "arch/x86_64/cpu.h"
#include "sched/mutex.h"
#include "sched/realtime_server.h"
#include "start_info.h"
#include "time/clock.h"

/* ---- Work on a CPU's own data ---- */

struct errand
{
  void (*run)(struct percpu *cpu, void *argument);
  void *argument;
};

static void *do_errand(void *argument)
{
  struct errand *errand = argument;
  cpu_mask_interrupts();
  errand->run(cpu_this(), errand->argument);
  cpu_unmask_interrupts();
  return NULL;
}

bool realtime_may_block(void)
{
  uint32_t was_masked = cpu_mask_save();
  bool may_block = was_masked == 0 && cpu_current()->priority < TASK_PRIORITIES;
  cpu_mask_restore(was_masked);
  return may_block;
}

/* Calls run() masked on a CPU, by a task there if this is another one. */
static int run_on(unsigned int cpu, void (*run)(struct percpu *cpu, void *argument), void *argument)
{
  uint32_t was_masked = cpu_mask_save();
  struct percpu *self = cpu_this();
  bool is_here = self->area.cpu == cpu;
  if (is_here)
    run(self, argument);
  cpu_mask_restore(was_masked);
  if (is_here)
    return 0;
  if (!realtime_may_block())
    return -EPERM;
  struct errand errand = {.run = run, .argument = argument};
  struct task *task;
  int error = realtime_create_on(&task, cpu, false, do_errand, &errand);
  if (error == 0)
    error = task_join(task, NULL, FUTEX_FOREVER);
  return error;
}

/* ---- Tasks ---- */

int realtime_bind(struct realtime_task *task, unsigned int cpu, void *(*entry)(void *argument))
{
  if (cpu >= start_info->cpu_count || task->priority == 0 || task->priority > REALTIME_PRIORITIES)
    return -EINVAL;
  task->cpu = cpu;
  task->is_pending = false;
  task->timer = (struct timer){.expire = realtime_expire};
  task->runs = 0;
  task->missed = 0;
  static struct mutex making;
  mutex_lock(&making);
  int error = 0;
  if (__atomic_load_n(&cpu_of(cpu)->realtime, __ATOMIC_ACQUIRE) == NULL)
    error = realtime_make_server(cpu, entry);
  mutex_unlock(&making);
  return error;
}

static void drop(struct percpu *cpu, struct realtime_task *task)
{
  timer_clear(cpu, &task->timer);
  if (!task->is_pending)
    return;
  heap_remove(&cpu->realtime->pending, &task->node);
  task->is_pending = false;
}

static void stop(struct percpu *cpu, void *argument)
{
  struct realtime_task *task = argument;
  for (unsigned int i = 0; i < REALTIME_SOURCES; i++)
  {
    if (cpu->realtime->sources[i] == task)
      cpu->realtime->sources[i] = NULL;
  }
  drop(cpu, task);
}

int realtime_stop(struct realtime_task *task)
{
  return run_on(task->cpu, stop, task);
}

/* ---- Timers ---- */

struct timer_change
{
  struct realtime_task *task;
  uint64_t first_ns;
  uint64_t period_ns;
  int error;
};

static void set_timer(struct percpu *cpu, void *argument)
{
  struct timer_change *change = argument;
  struct realtime_task *task = change->task;
  if (task->timer.is_set)
  {
    change->error = -EBUSY;
    return;
  }
  uint64_t now_ns = clock_monotonic_ns();
  task->next_ns = change->first_ns > now_ns ? change->first_ns : now_ns;
  task->period_ns = change->period_ns;
  timer_set(cpu, &task->timer, clock_tsc_of_ns(task->next_ns));
  timer_arm(cpu, timers_next_tsc(cpu));
}

int realtime_set_timer(struct realtime_task *task, uint64_t first_ns, uint64_t period_ns)
{
  if (first_ns > INT64_MAX || period_ns > INT64_MAX)
    return -EINVAL;
  struct timer_change change = {.task = task, .first_ns = first_ns, .period_ns = period_ns};
  int error = run_on(task->cpu, set_timer, &change);
  return error != 0 ? error : change.error;
}

static void clear_timer(struct percpu *cpu, void *argument)
{
  drop(cpu, argument);
}

int realtime_clear_timer(struct realtime_task *task)
{
  return run_on(task->cpu, clear_timer, task);
}

/* ---- Interrupt sources ---- */

struct source_change
{
  unsigned int source;
  struct realtime_task *task;
};

static void set_source(struct percpu *cpu, void *argument)
{
  const struct source_change *change = argument;
  if (cpu->realtime != NULL)
    cpu->realtime->sources[change->source] = change->task;
}

int realtime_set_source(unsigned int cpu, unsigned int source, struct realtime_task *task)
{
  if (cpu >= start_info->cpu_count || source >= REALTIME_SOURCES ||
      (task != NULL && task->cpu != cpu))
    return -EINVAL;
  struct source_change change = {.source = source, .task = task};
  return run_on(cpu, set_source, &change);
}

int realtime_raise(unsigned int cpu, unsigned int source)
{
  if (cpu >= start_info->cpu_count || source >= REALTIME_SOURCES)
    return -EINVAL;
  uint32_t was_masked = cpu_mask_save();
  struct percpu *self = cpu_this();
  if (self->area.cpu == cpu)
    realtime_interrupt(self, source);
  else
    nucleus_call(NUCLEUS_IPI, cpu_apic_id(cpu), UHYVE_VECTOR_SOURCES + source);
  cpu_mask_restore(was_masked);
  return 0;
}
