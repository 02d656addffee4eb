/* The program's interface to real-time tasks: <uhyve/realtime.h>. */
#include <errno.h>
#include <reent.h>
#include <stddef.h>

#include <uhyve/realtime.h>

#include "libc/thread.h"
#include "mm/kernel_heap.h"
#include "sched/realtime.h"
#include "sched/task.h"

_Static_assert(UHYVE_REALTIME_PRIORITIES == REALTIME_PRIORITIES &&
                   UHYVE_REALTIME_SOURCES == REALTIME_SOURCES,
               "the program's and the library's");

struct uhyve_realtime
{
  struct realtime_task task; /* first */
  void (*run)(void *argument);
  void *argument;
};

/* A CPU's server: real-time tasks use its state of the C library. */
static void *serve(void *argument)
{
  struct thread self;
  struct _reent state;
  thread_adopt(&self, &state);
  realtime_serve(argument);
}

/* The one that is interrupted has the same errno. */
static void run(struct realtime_task *task)
{
  const struct uhyve_realtime *self = (const struct uhyve_realtime *) task;
  int interrupted_errno = errno;
  self->run(self->argument);
  errno = interrupted_errno;
}

int uhyve_realtime_bind(struct uhyve_realtime **task, unsigned int cpu, unsigned int priority,
                        void (*run_task)(void *argument), void *argument)
{
  if (!realtime_may_block())
    return -EPERM;
  struct uhyve_realtime *new = kernel_allocate_zeroed(sizeof(*new));
  if (new == NULL)
    return -EAGAIN;
  new->task.run = run;
  new->task.priority = priority;
  new->run = run_task;
  new->argument = argument;
  int error = realtime_bind(&new->task, cpu, serve);
  if (error == 0)
    *task = new;
  else
    kernel_free(new, sizeof(*new));
  return error;
}

int uhyve_realtime_free(struct uhyve_realtime *task)
{
  if (!realtime_may_block())
    return -EPERM;
  int error = realtime_stop(&task->task);
  if (error == 0)
    kernel_free(task, sizeof(*task));
  return error;
}

int uhyve_realtime_set_timer(struct uhyve_realtime *task, uint64_t first_ns, uint64_t period_ns)
{
  return realtime_set_timer(&task->task, first_ns, period_ns);
}

int uhyve_realtime_clear_timer(struct uhyve_realtime *task)
{
  return realtime_clear_timer(&task->task);
}

int uhyve_realtime_set_source(struct uhyve_realtime *task, unsigned int source)
{
  return realtime_set_source(task->task.cpu, source, &task->task);
}

int uhyve_realtime_clear_source(unsigned int cpu, unsigned int source)
{
  return realtime_set_source(cpu, source, NULL);
}

int uhyve_realtime_raise(unsigned int cpu, unsigned int source)
{
  return realtime_raise(cpu, source);
}

unsigned int uhyve_realtime_lock(unsigned int ceiling)
{
  return realtime_lock(ceiling);
}

void uhyve_realtime_unlock(unsigned int former)
{
  realtime_unlock(former);
}

uint64_t uhyve_realtime_runs(const struct uhyve_realtime *task)
{
  return __atomic_load_n(&task->task.runs, __ATOMIC_RELAXED);
}

uint64_t uhyve_realtime_missed(const struct uhyve_realtime *task)
{
  return __atomic_load_n(&task->task.missed, __ATOMIC_RELAXED);
}
