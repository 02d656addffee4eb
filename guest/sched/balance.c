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
  return __atomic_load_n(&cpu->state, __ATOMIC_RELAXED) != CPU_RUNNING &&
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
    sched_deliver(task);
    return true;
  }
  return false;
}

static struct percpu *find_busiest(const struct percpu *self)
{
  struct percpu *busiest = NULL;
  uint32_t most = 0;
  for (unsigned int i = 1; i < start_info->cpu_count; i++)
  {
    struct percpu *cpu = cpu_of((self->area.cpu + i) % start_info->cpu_count);
    uint32_t waiting = __atomic_load_n(&cpu->queue.waiting, __ATOMIC_RELAXED);
    if (waiting > most && __atomic_load_n(&cpu->state, __ATOMIC_RELAXED) == CPU_RUNNING)
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
  if (busiest == NULL || !spinlock_try(run_lock(busiest)))
    return false;
  struct task *task = find_waiting(busiest, cpu->area.cpu);
  if (task != NULL)
  {
    run_queue_remove(busiest, task);
    task->cpu = cpu->area.cpu; /* from here on this CPU's lock is the one to take */
  }
  spinlock_unlock(run_lock(busiest));
  if (task == NULL)
    return false;
  sched_deliver(task);
  cpu->area.counters.steals++;
  return true;
}
