/* Condition variables of POSIX threads. */
#include <errno.h>
#include <pthread.h>

#include "libc/cancel.h"
#include "libc/deadline.h"
#include "libc/pthread_objects.h"
#include "sched/condition.h"
#include "sched/special_mutex.h"

int pthread_cond_init(pthread_cond_t *restrict condition,
                      const pthread_condattr_t *restrict attributes)
{
  clockid_t clock = CLOCK_REALTIME;
  if (attributes != NULL)
    pthread_condattr_getclock(attributes, &clock);
  *condition_of(condition) = (struct posix_condition){.clock = clock};
  return 0;
}

int pthread_cond_destroy(pthread_cond_t *condition)
{
  condition_destroy(&condition_of(condition)->condition);
  return 0;
}

/* With a mutex that is robust or knows priorities. */
static int wait_special(struct condition *condition, struct special_mutex *mutex,
                        uint64_t deadline_ns)
{
  if (!special_mutex_is_mine(mutex))
    return -EPERM;
  struct condition_wait wait = condition_enter(condition, NULL);
  uint32_t depth = mutex->mutex.depth;
  mutex->mutex.depth = 0;
  special_mutex_unlock(mutex);
  bool contended;
  int waited = condition_sleep(condition, &wait, deadline_ns, &contended);
  int error = special_mutex_lock(mutex, FUTEX_FOREVER);
  if (error == 0 || error == -EOWNERDEAD)
    mutex->mutex.depth = depth;
  return error != 0 ? error : waited;
}

/* A thread that is cancelled here has the mutex again when its cleanup handlers run. After a signal
 * it looks whether what it waits for has come, as after any wake-up. */
static int wait_until(pthread_cond_t *condition, pthread_mutex_t *mutex, uint64_t deadline_ns)
{
  struct condition *inner = &condition_of(condition)->condition;
  thread_point_begin();
  int error = mutex_is_special(mutex_of(mutex))
                  ? wait_special(inner, special_mutex_of(mutex), deadline_ns)
                  : condition_wait_until(inner, mutex_of(mutex), deadline_ns);
  thread_point_end(error);
  return error == -EINTR ? 0 : -error;
}

int pthread_cond_wait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex)
{
  return wait_until(condition, mutex, FUTEX_FOREVER);
}

int pthread_cond_clockwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           clockid_t clock, const struct timespec *restrict until)
{
  uint64_t deadline_ns;
  int error = deadline_from(clock, until, &deadline_ns);
  return error != 0 ? -error : wait_until(condition, mutex, deadline_ns);
}

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict until)
{
  return pthread_cond_clockwait(condition, mutex, condition_of(condition)->clock, until);
}

int pthread_cond_signal(pthread_cond_t *condition)
{
  condition_signal(&condition_of(condition)->condition);
  return 0;
}

int pthread_cond_broadcast(pthread_cond_t *condition)
{
  condition_broadcast(&condition_of(condition)->condition);
  return 0;
}
