/* Condition variables of POSIX threads. */
#include <errno.h>
#include <pthread.h>

#include "libc/deadline.h"
#include "libc/pthread_objects.h"
#include "sched/condition.h"

int pthread_cond_init(pthread_cond_t *condition, const pthread_condattr_t *attributes)
{
  *condition_of(condition) = (struct posix_condition){
      .clock = attributes == NULL ? CLOCK_REALTIME : (clockid_t) attributes->__word};
  return 0;
}

int pthread_cond_destroy(pthread_cond_t *condition)
{
  condition_destroy(&condition_of(condition)->condition);
  return 0;
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
  return -condition_wait(&condition_of(condition)->condition, mutex_of(mutex));
}

int pthread_cond_clockwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           clockid_t clock, const struct timespec *restrict until)
{
  uint64_t deadline_ns;
  int error = deadline_from(clock, until, &deadline_ns);
  if (error != 0)
    return -error;
  return -condition_wait_until(&condition_of(condition)->condition, mutex_of(mutex), deadline_ns);
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                           const struct timespec *until)
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
