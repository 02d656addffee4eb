/* Which CPU a task runs on: placement at the start, and waiting work for CPUs that have none. */
#include "arch/x86_64/cpu.h"
#include "sched/sched.h"
#include "start_info.h"

uint32_t idle_cpus;

bool task_may_use(const struct task *task, unsigned int cpu)
{
  if (task->cpus == NULL)
    return true;
  return cpu / 64 < task->cpus_words && (task->cpus[cpu / 64] >> cpu % 64 & 1) != 0;
}

static bool is_idle(const struct percpu *cpu)
{
  uint32_t state = __atomic_load_n(&cpu->state, __ATOMIC_RELAXED);
  return state != CPU_RUNNING && state != CPU_AWAY &&
         __atomic_load_n(&cpu->inbox, __ATOMIC_RELAXED) == NULL;
}

/* An idle CPU that the task may use, looked for from this one on; else null. */
static struct percpu *find_idle(const struct percpu *self, const struct task *task)
{
  unsigned int count = start_info->cpu_count;
  if (__atomic_load_n(&idle_cpus, __ATOMIC_RELAXED) == 0)
    return NULL;
  for (unsigned int i = 1; i < count; i++)
  {
    unsigned int index = (self->area.cpu + i) % count;
    if (task_may_use(task, index) && is_idle(cpu_of(index)))
      return cpu_of(index);
  }
  return NULL;
}

unsigned int balance_place(const struct task *task)
{
  const struct percpu *self = cpu_this();
  const struct percpu *idle = find_idle(self, task);
  if (idle != NULL)
    return idle->area.cpu;
  unsigned int index = self->area.cpu;
  while (!task_may_use(task, index))
    index = (index + 1) % start_info->cpu_count;
  return index;
}

/* The task of a heap that may use a CPU and has run least. */
struct candidate
{
  unsigned int cpu;
  struct task *task;
};

static void consider(struct heap_node *node, void *argument)
{
  struct candidate *candidate = argument;
  struct task *task = (struct task *) node;
  if (task_may_use(task, candidate->cpu) &&
      (candidate->task == NULL || node->key < candidate->task->node.key))
    candidate->task = task;
}

/* The best waiting task that may use a CPU, or null; the run lock of the queue is held. */
static struct task *find_waiting(const struct percpu *from, unsigned int cpu)
{
  struct candidate candidate = {.cpu = cpu};
  /* Not those that are bound to this CPU by a real-time ceiling. */
  uint64_t ready = from->queue.ready & ((1ull << TASK_PRIORITIES) - 1);
  while (ready != 0 && candidate.task == NULL)
  {
    int priority = 63 - __builtin_clzll(ready);
    heap_for_each(&from->queue.tasks[priority], consider, &candidate);
    ready &= ~(1ull << priority);
  }
  return candidate.task;
}

bool balance_give(struct percpu *cpu)
{
  for (unsigned int i = 1; i < start_info->cpu_count; i++)
  {
    struct percpu *other = cpu_of((cpu->area.cpu + i) % start_info->cpu_count);
    if (!is_idle(other))
      continue;
    struct task *task = find_waiting(cpu, other->area.cpu);
    if (task == NULL)
      continue;
    run_queue_remove(cpu, task);
    task->cpu = other->area.cpu;
    /* Not sched_deliver(), which may take a run lock: one is held here. */
    cpu->area.counters.wake_ups++;
    sched_give(other, task);
    return true;
  }
  return false;
}

/* Its queue has tasks that wait for one which runs, or for the monitor. */
static bool is_busy(const struct percpu *cpu)
{
  uint32_t state = __atomic_load_n(&cpu->state, __ATOMIC_RELAXED);
  return (state == CPU_RUNNING || state == CPU_AWAY) &&
         __atomic_load_n(&cpu->queue.waiting, __ATOMIC_RELAXED) != 0;
}

static struct task *take_from(struct percpu *from, const struct percpu *to)
{
  spinlock_lock(run_lock(from));
  struct task *task = find_waiting(from, to->area.cpu);
  if (task != NULL)
  {
    run_queue_remove(from, task);
    task->cpu = to->area.cpu;
  }
  spinlock_unlock(run_lock(from));
  return task;
}

static struct percpu *find_busiest(const struct percpu *self)
{
  struct percpu *busiest = NULL;
  uint32_t most = 0;
  for (unsigned int i = 1; i < start_info->cpu_count; i++)
  {
    struct percpu *cpu = cpu_of((self->area.cpu + i) % start_info->cpu_count);
    uint32_t waiting = __atomic_load_n(&cpu->queue.waiting, __ATOMIC_RELAXED);
    /* What is in an inbox, it must first take into its queue. */
    if (__atomic_load_n(&cpu->inbox, __ATOMIC_RELAXED) != NULL &&
        __atomic_load_n(&cpu->state, __ATOMIC_RELAXED) == CPU_RUNNING)
      sched_interrupt(cpu);
    if (waiting > most && is_busy(cpu))
    {
      busiest = cpu;
      most = waiting;
    }
  }
  return busiest;
}

bool balance_steal(struct percpu *cpu)
{
  struct percpu *busiest = find_busiest(cpu);
  struct task *task = busiest != NULL ? take_from(busiest, cpu) : NULL;
  /* What waits there may be bound to that CPU. */
  for (unsigned int i = 0; busiest != NULL && task == NULL && i < start_info->cpu_count; i++)
  {
    if (cpu_of(i) != cpu && cpu_of(i) != busiest && is_busy(cpu_of(i)))
      task = take_from(cpu_of(i), cpu);
  }
  if (task == NULL)
    return false;
  sched_deliver(task); /* here, unless it has been sent elsewhere meanwhile */
  cpu->area.counters.steals++;
  return true;
}
