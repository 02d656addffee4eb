/* Attributes of new threads. */
#include "libc/pthread_attr.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "libc/sched_policy.h"
#include "sched/task.h"

_Static_assert(PTHREAD_STACK_MIN == TASK_STACK_MIN_BYTES, "the program's and the scheduler's");

#define STACK_ALIGN_BYTES 16

int pthread_attr_init(pthread_attr_t *attr)
{
  *attr_of(attr) = (struct thread_attr){.guard_bytes = TASK_GUARD_DEFAULT_BYTES};
  return 0;
}

int pthread_attr_destroy(pthread_attr_t *attr)
{
  free(attr_of(attr)->cpus);
  attr_of(attr)->cpus = NULL;
  return 0;
}

int pthread_attr_setdetachstate(pthread_attr_t *attr, int state)
{
  if (state != PTHREAD_CREATE_JOINABLE && state != PTHREAD_CREATE_DETACHED)
    return EINVAL;
  attr_of(attr)->detached = state == PTHREAD_CREATE_DETACHED;
  return 0;
}

int pthread_attr_getdetachstate(const pthread_attr_t *attr, int *state)
{
  *state = attr_of_const(attr)->detached ? PTHREAD_CREATE_DETACHED : PTHREAD_CREATE_JOINABLE;
  return 0;
}

/* ---- Stack ---- */

int pthread_attr_setstacksize(pthread_attr_t *attr, size_t len_bytes)
{
  if (len_bytes < PTHREAD_STACK_MIN)
    return EINVAL;
  attr_of(attr)->stack_bytes = len_bytes;
  return 0;
}

int pthread_attr_getstacksize(const pthread_attr_t *attr, size_t *len_bytes)
{
  size_t set = attr_of_const(attr)->stack_bytes;
  *len_bytes = set != 0 ? set : TASK_STACK_DEFAULT_BYTES;
  return 0;
}

int pthread_attr_setstack(pthread_attr_t *attr, void *stack, size_t len_bytes)
{
  if (len_bytes < PTHREAD_STACK_MIN || (uintptr_t) stack % STACK_ALIGN_BYTES != 0)
    return EINVAL;
  attr_of(attr)->stack = stack;
  attr_of(attr)->stack_bytes = len_bytes;
  return 0;
}

int pthread_attr_getstack(const pthread_attr_t *attr, void **stack, size_t *len_bytes)
{
  *stack = attr_of_const(attr)->stack;
  return pthread_attr_getstacksize(attr, len_bytes);
}

int pthread_attr_setguardsize(pthread_attr_t *attr, size_t len_bytes)
{
  attr_of(attr)->guard_bytes = len_bytes;
  return 0;
}

int pthread_attr_getguardsize(const pthread_attr_t *attr, size_t *len_bytes)
{
  *len_bytes = attr_of_const(attr)->guard_bytes;
  return 0;
}

/* ---- Scheduling ---- */

int pthread_attr_setscope(pthread_attr_t *attr, int scope)
{
  (void) attr;
  if (scope == PTHREAD_SCOPE_SYSTEM)
    return 0;
  return scope == PTHREAD_SCOPE_PROCESS ? ENOTSUP : EINVAL;
}

int pthread_attr_getscope(const pthread_attr_t *attr, int *scope)
{
  (void) attr;
  *scope = PTHREAD_SCOPE_SYSTEM;
  return 0;
}

int pthread_attr_setinheritsched(pthread_attr_t *attr, int inherit)
{
  if (inherit != PTHREAD_INHERIT_SCHED && inherit != PTHREAD_EXPLICIT_SCHED)
    return EINVAL;
  attr_of(attr)->explicit_sched = inherit == PTHREAD_EXPLICIT_SCHED;
  return 0;
}

int pthread_attr_getinheritsched(const pthread_attr_t *attr, int *inherit)
{
  *inherit = attr_of_const(attr)->explicit_sched ? PTHREAD_EXPLICIT_SCHED : PTHREAD_INHERIT_SCHED;
  return 0;
}

int pthread_attr_setschedpolicy(pthread_attr_t *attr, int policy)
{
  if (sched_policy_max(policy) < 0)
    return EINVAL;
  attr_of(attr)->policy = policy;
  return 0;
}

int pthread_attr_getschedpolicy(const pthread_attr_t *attr, int *policy)
{
  *policy = attr_of_const(attr)->policy;
  return 0;
}

/* Whether the policy has that priority shows when the thread is created: the two may be set in any
 * order. */
int pthread_attr_setschedparam(pthread_attr_t *attr, const struct sched_param *parameters)
{
  if (parameters->sched_priority < 0 || parameters->sched_priority >= TASK_PRIORITIES)
    return EINVAL;
  attr_of(attr)->priority = parameters->sched_priority;
  return 0;
}

int pthread_attr_getschedparam(const pthread_attr_t *attr, struct sched_param *parameters)
{
  *parameters = (struct sched_param){.sched_priority = attr_of_const(attr)->priority};
  return 0;
}

int pthread_attr_setaffinity_np(pthread_attr_t *attr, size_t set_bytes, const cpu_set_t *set)
{
  size_t words = set_bytes / sizeof(uint64_t);
  uint64_t *cpus = NULL;
  if (words != 0 && set != NULL)
  {
    cpus = malloc(words * sizeof(*cpus));
    if (cpus == NULL)
      return ENOMEM;
    memcpy(cpus, set, words * sizeof(*cpus));
  }
  free(attr_of(attr)->cpus);
  attr_of(attr)->cpus = cpus;
  attr_of(attr)->cpus_words = cpus == NULL ? 0 : words;
  return 0;
}

int attr_copy(struct thread_attr *to, const struct thread_attr *from)
{
  struct thread_attr copy = *from;
  copy.cpus = NULL;
  copy.cpus_words = 0;
  if (from->cpus != NULL)
  {
    int error = pthread_attr_setaffinity_np((pthread_attr_t *) (void *) &copy,
                                            from->cpus_words * sizeof(from->cpus[0]),
                                            (const cpu_set_t *) (const void *) from->cpus);
    if (error != 0)
      return error;
  }
  *to = copy;
  return 0;
}

/* Without a set of its own a thread may use all CPUs. */
int pthread_attr_getaffinity_np(const pthread_attr_t *attr, size_t set_bytes, cpu_set_t *set)
{
  const struct thread_attr *of = attr_of_const(attr);
  size_t own_bytes = of->cpus_words * sizeof(uint64_t);
  if (of->cpus == NULL)
  {
    memset(set, 0xff, set_bytes);
    return 0;
  }
  if (set_bytes < own_bytes)
    return EINVAL;
  memset(set, 0, set_bytes);
  memcpy(set, of->cpus, own_bytes);
  return 0;
}
