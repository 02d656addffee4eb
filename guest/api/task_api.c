/* The program's interface to tasks: <uhyve/task.h>. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <uhyve/task.h>

#include "libc/sched_policy.h"
#include "libc/thread.h"
#include "sched/futex.h"
#include "sched/task.h"
#include "time/clock.h"

_Static_assert(UHYVE_PRIORITIES == TASK_PRIORITIES &&
                   UHYVE_PRIORITY_DEFAULT == TASK_PRIORITY_DEFAULT &&
                   UHYVE_FOREVER == FUTEX_FOREVER,
               "the program's and the scheduler's");

/* Enough for any machine. */
#define CPU_WORDS 16

static struct thread *thread_of(struct uhyve_task *task)
{
  return (struct thread *) task;
}

static struct task *task_of(const struct uhyve_task *task)
{
  return ((const struct thread *) task)->task;
}

/* The set with that CPU alone, or with all. */
static int cpu_set(uint64_t *words, int cpu)
{
  if (cpu == UHYVE_ANY_CPU)
  {
    memset(words, 0xff, CPU_WORDS * sizeof(words[0]));
    return 0;
  }
  if (cpu < 0 || (unsigned int) cpu >= cpus_online() || cpu >= CPU_WORDS * 64)
    return -EINVAL;
  memset(words, 0, CPU_WORDS * sizeof(words[0]));
  words[cpu / 64] = 1ull << cpu % 64;
  return 0;
}

int uhyve_task_create(struct uhyve_task **task, const char *name, unsigned int priority, int cpu,
                      void *(*entry)(void *), void *argument)
{
  struct thread *not_kept;
  uint64_t words[CPU_WORDS];
  struct task_attributes attributes = TASK_ATTRIBUTES_DEFAULT;
  attributes.name = name;
  attributes.priority = priority;
  attributes.detached = task == NULL;
  if (cpu != UHYVE_ANY_CPU)
  {
    int error = cpu_set(words, cpu);
    if (error != 0)
      return error;
    attributes.cpus = words;
    attributes.cpus_words = CPU_WORDS;
  }
  return thread_create(task == NULL ? &not_kept : (struct thread **) task, entry, argument,
                       sched_policy_of(priority), &attributes);
}

int uhyve_task_join(struct uhyve_task *task, void **result, uint64_t deadline_ns)
{
  return thread_join(thread_of(task), result, deadline_ns);
}

_Noreturn void uhyve_task_exit(void *result)
{
  thread_exit(result);
}

void uhyve_task_yield(void)
{
  task_yield();
}

void uhyve_task_sleep(uint64_t duration_ns)
{
  uint64_t now_ns = clock_monotonic_ns();
  uhyve_task_sleep_until(duration_ns > INT64_MAX - now_ns ? INT64_MAX : now_ns + duration_ns);
}

void uhyve_task_sleep_until(uint64_t deadline_ns)
{
  while (task_sleep_until_ns(deadline_ns) != 0)
    ;
}

struct uhyve_task *uhyve_task_current(void)
{
  return (struct uhyve_task *) thread_self();
}

int uhyve_task_id(const struct uhyve_task *task)
{
  return task_id(task_of(task));
}

const char *uhyve_task_name(const struct uhyve_task *task)
{
  return task_name(task_of(task));
}

unsigned int uhyve_task_priority(const struct uhyve_task *task)
{
  return task_priority(task_of(task));
}

int uhyve_task_set_priority(struct uhyve_task *task, unsigned int priority)
{
  int error = task_set_priority(task_of(task), priority);
  if (error == 0)
    thread_of(task)->policy = sched_policy_of(priority);
  return error;
}

int uhyve_task_set_cpu(struct uhyve_task *task, int cpu)
{
  uint64_t words[CPU_WORDS];
  int error = cpu_set(words, cpu);
  return error != 0 ? error : task_set_affinity(task_of(task), words, CPU_WORDS);
}

unsigned int uhyve_cpu(void)
{
  return task_cpu();
}

unsigned int uhyve_cpu_count(void)
{
  return cpus_online();
}

uint64_t uhyve_now(void)
{
  return clock_monotonic_ns();
}
