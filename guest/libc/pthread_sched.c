/* Scheduling of POSIX threads: policy, priority, CPUs. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "libc/pthread_attr.h"
#include "libc/sched_policy.h"
#include "libc/thread.h"

static struct thread *thread_of(pthread_t thread)
{
  return (struct thread *) thread; /* NOLINT(performance-no-int-to-ptr) */
}

int pthread_setschedparam(pthread_t thread, int policy, const struct sched_param *parameters)
{
  int priority = sched_task_priority(policy, parameters->sched_priority);
  if (priority < 0)
    return EINVAL;
  thread_of(thread)->policy = policy;
  return -task_set_priority(thread_of(thread)->task, (unsigned int) priority);
}

int pthread_getschedparam(pthread_t thread, int *policy, struct sched_param *parameters)
{
  *policy = thread_of(thread)->policy;
  parameters->sched_priority =
      sched_posix_priority(*policy, task_priority(thread_of(thread)->task));
  return 0;
}

int pthread_setschedprio(pthread_t thread, int priority)
{
  return pthread_setschedparam(thread, thread_of(thread)->policy,
                               &(struct sched_param){.sched_priority = priority});
}

int pthread_setaffinity_np(pthread_t thread, size_t set_bytes, const cpu_set_t *set)
{
  return -task_set_affinity(thread_of(thread)->task, set->__bits, set_bytes / sizeof(uint64_t));
}

int pthread_getaffinity_np(pthread_t thread, size_t set_bytes, cpu_set_t *set)
{
  size_t words = set_bytes / sizeof(uint64_t);
  if (words * 64 < cpus_online())
    return EINVAL;
  memset(set, 0, set_bytes);
  task_affinity(thread_of(thread)->task, set->__bits, words);
  return 0;
}

int pthread_getattr_np(pthread_t thread, pthread_attr_t *attr)
{
  const struct thread *of = thread_of(thread);
  uint64_t stack_gva;
  size_t stack_bytes;
  size_t guard_bytes;
  task_stack(of->task, &stack_gva, &stack_bytes, &guard_bytes);
  pthread_attr_init(attr);
  *attr_of(attr) = (struct thread_attr){
      .detached = (__atomic_load_n(&of->flags, __ATOMIC_RELAXED) & THREAD_DETACHED) != 0,
      .policy = of->policy,
      .priority = sched_posix_priority(of->policy, task_priority(of->task)),
      .stack_bytes = stack_bytes,
      .stack = (void *) stack_gva, /* NOLINT(performance-no-int-to-ptr) */
      .guard_bytes = guard_bytes,
  };
  cpu_set_t cpus;
  int error = pthread_getaffinity_np(thread, sizeof(cpus), &cpus);
  return error != 0 ? error : pthread_attr_setaffinity_np(attr, sizeof(cpus), &cpus);
}
