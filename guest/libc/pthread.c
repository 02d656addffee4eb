/* POSIX threads: creation, end, join, identity. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libc/cancel.h"
#include "libc/deadline.h"
#include "libc/pthread_attr.h"
#include "libc/sched_policy.h"
#include "libc/thread.h"
#include "posix/sys.h"
#include "sched/futex.h"
#include "sched/mutex.h"

static struct thread *thread_of(pthread_t thread)
{
  return (struct thread *) thread; /* NOLINT(performance-no-int-to-ptr) */
}

/* What threads are created with that are given none; the mutex guards all but the flag. */
static struct mutex default_mutex;
static struct thread_attr default_attr;
static bool default_is_set;

/* Returns 0, or -EINVAL for a priority that the policy has not. */
static int fill_attributes(struct task_attributes *attributes, int *policy,
                           const struct thread_attr *attr)
{
  attributes->detached = attr->detached;
  attributes->stack_bytes = attr->stack_bytes != 0 ? attr->stack_bytes : default_attr.stack_bytes;
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

static int create(pthread_t *thread, const struct thread_attr *attr, void *(*entry)(void *),
                  void *argument)
{
  const struct thread *self = thread_self();
  struct task_attributes attributes = TASK_ATTRIBUTES_DEFAULT;
  attributes.priority = task_priority(self->task);
  int policy = self->policy;
  int error = attr == NULL ? 0 : fill_attributes(&attributes, &policy, attr);
  cpu_set_t cpus;
  if (attributes.cpus == NULL && task_is_bound(self->task))
  {
    attributes.cpus = cpus.__bits;
    attributes.cpus_words = sizeof(cpus.__bits) / sizeof(cpus.__bits[0]);
    task_affinity(self->task, cpus.__bits, attributes.cpus_words);
  }
  /* The new thread may look at *thread. */
  return error != 0
             ? -error
             : -thread_create((struct thread **) thread, entry, argument, policy, &attributes);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*entry)(void *),
                   void *argument)
{
  if (__builtin_expect(!__atomic_load_n(&default_is_set, __ATOMIC_ACQUIRE), 1))
    return create(thread, attr == NULL ? NULL : attr_of_const(attr), entry, argument);
  mutex_lock(&default_mutex);
  int error = create(thread, attr == NULL ? &default_attr : attr_of_const(attr), entry, argument);
  mutex_unlock(&default_mutex);
  return error;
}

int pthread_setattr_default_np(const pthread_attr_t *attr)
{
  const struct thread_attr *from = attr_of_const(attr);
  if (from->stack != NULL || sched_task_priority(from->policy, from->priority) < 0)
    return EINVAL;
  struct thread_attr copy;
  int error = attr_copy(&copy, from);
  if (error != 0)
    return error;
  mutex_lock(&default_mutex);
  free(default_attr.cpus);
  default_attr = copy;
  __atomic_store_n(&default_is_set, true, __ATOMIC_RELEASE);
  mutex_unlock(&default_mutex);
  return 0;
}

int pthread_getattr_default_np(pthread_attr_t *attr)
{
  if (!__atomic_load_n(&default_is_set, __ATOMIC_ACQUIRE))
    return pthread_attr_init(attr);
  mutex_lock(&default_mutex);
  int error = attr_copy(attr_of(attr), &default_attr);
  mutex_unlock(&default_mutex);
  return error;
}

static int join_until(pthread_t thread, void **result, uint64_t deadline_ns)
{
  thread_point_begin();
  int error = thread_join(thread_of(thread), result, deadline_ns);
  thread_point_end(error);
  return -error;
}

int pthread_join(pthread_t thread, void **result)
{
  return join_until(thread, result, FUTEX_FOREVER);
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
  return error != 0 ? -error : join_until(thread, result, deadline_ns);
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

pid_t gettid(void)
{
  return task_id(task_current());
}

/* Linux's number: those of a process have another one in the lowest bits. */
int pthread_getcpuclockid(pthread_t thread, clockid_t *clock)
{
  *clock = TASK_CLOCK(task_id(thread_of(thread)->task));
  return 0;
}

/* A hint, of which nothing here depends. */
static int concurrency;

int pthread_setconcurrency(int level)
{
  if (level < 0)
    return EINVAL;
  concurrency = level;
  return 0;
}

int pthread_getconcurrency(void)
{
  return concurrency;
}

/* There is no fork that could succeed, so there is nothing to call them for. */
int pthread_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
  (void) prepare;
  (void) parent;
  (void) child;
  return 0;
}

int pthread_yield(void)
{
  return sched_yield();
}
