/* POSIX threads: creation, end, join, identity. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "libc/deadline.h"
#include "libc/pthread_attr.h"
#include "libc/sched_policy.h"
#include "libc/thread.h"
#include "sched/futex.h"

static struct thread *thread_of(pthread_t thread)
{
  return (struct thread *) thread; /* NOLINT(performance-no-int-to-ptr) */
}

/* Returns 0, or -EINVAL for a priority that the policy has not. */
static int fill_attributes(struct task_attributes *attributes, int *policy,
                           const struct thread_attr *attr)
{
  const struct thread *self = thread_self();
  *policy = self->policy;
  attributes->priority = task_priority(self->task);
  if (attr == NULL)
    return 0;
  attributes->detached = attr->detached;
  attributes->stack_bytes = attr->stack_bytes;
  attributes->stack = attr->stack;
  attributes->guard_bytes = attr->guard_bytes;
  attributes->cpus = attr->cpus;
  attributes->cpus_words = attr->cpus_words;
  if (attr->explicit_sched)
  {
    int priority = sched_task_priority(attr->policy, attr->priority);
    if (priority < 0)
      return -EINVAL;
    *policy = attr->policy;
    attributes->priority = (unsigned int) priority;
  }
  return 0;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*entry)(void *),
                   void *argument)
{
  struct task_attributes attributes = TASK_ATTRIBUTES_DEFAULT;
  int policy;
  int error = fill_attributes(&attributes, &policy, attr == NULL ? NULL : attr_of_const(attr));
  if (error != 0)
    return -error;
  /* The new thread may look at *thread. */
  return -thread_create((struct thread **) thread, entry, argument, policy, &attributes);
}

int pthread_join(pthread_t thread, void **result)
{
  return -thread_join(thread_of(thread), result, FUTEX_FOREVER);
}

int pthread_tryjoin_np(pthread_t thread, void **result)
{
  int error = thread_join(thread_of(thread), result, 0);
  return error == -ETIMEDOUT ? EBUSY : -error;
}

int pthread_clockjoin_np(pthread_t thread, void **result, clockid_t clock,
                         const struct timespec *until)
{
  uint64_t deadline_ns = FUTEX_FOREVER;
  int error = until == NULL ? 0 : deadline_from(clock, until, &deadline_ns);
  return error != 0 ? -error : -thread_join(thread_of(thread), result, deadline_ns);
}

int pthread_timedjoin_np(pthread_t thread, void **result, const struct timespec *until)
{
  return pthread_clockjoin_np(thread, result, CLOCK_REALTIME, until);
}

int pthread_detach(pthread_t thread)
{
  return -thread_detach(thread_of(thread));
}

pthread_t pthread_self(void)
{
  return (pthread_t) thread_self();
}

int pthread_equal(pthread_t a, pthread_t b)
{
  return a == b;
}

void pthread_exit(void *result)
{
  thread_exit(result);
}

int pthread_setname_np(pthread_t thread, const char *name)
{
  if (strnlen(name, TASK_NAME_BYTES) == TASK_NAME_BYTES)
    return ERANGE;
  task_set_name(thread_of(thread)->task, name);
  return 0;
}

int pthread_getname_np(pthread_t thread, char *name, size_t len_bytes)
{
  if (len_bytes < TASK_NAME_BYTES)
    return ERANGE;
  const char *own = task_name(thread_of(thread)->task);
  size_t i = 0;
  for (; own != NULL && i < TASK_NAME_BYTES - 1 && own[i] != '\0'; i++)
    name[i] = own[i];
  name[i] = '\0';
  return 0;
}
