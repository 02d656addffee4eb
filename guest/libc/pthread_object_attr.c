/* Attributes of mutexes and condition variables. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "sched/mutex.h"

_Static_assert(PTHREAD_MUTEX_NORMAL == MUTEX_NORMAL && PTHREAD_MUTEX_RECURSIVE == MUTEX_RECURSIVE &&
                   PTHREAD_MUTEX_ERRORCHECK == MUTEX_ERRORCHECK,
               "attributes hold the kind of a mutex");

/* ---- Of a mutex: the word is its kind ---- */

int pthread_mutexattr_init(pthread_mutexattr_t *attributes)
{
  *attributes = (pthread_mutexattr_t){.__word = PTHREAD_MUTEX_DEFAULT};
  return 0;
}

int pthread_mutexattr_destroy(pthread_mutexattr_t *attributes)
{
  (void) attributes;
  return 0;
}

int pthread_mutexattr_settype(pthread_mutexattr_t *attributes, int type)
{
  if (type < PTHREAD_MUTEX_NORMAL || type > PTHREAD_MUTEX_ERRORCHECK)
    return EINVAL;
  attributes->__word = type;
  return 0;
}

int pthread_mutexattr_gettype(const pthread_mutexattr_t *attributes, int *type)
{
  *type = attributes->__word;
  return 0;
}

/* An attribute that has one value here: others are known, or not. */
static int only_value(int value, int here, int known_max)
{
  if (value == here)
    return 0;
  return value < 0 || value > known_max ? EINVAL : ENOTSUP;
}

int pthread_mutexattr_setrobust(pthread_mutexattr_t *attributes, int robust)
{
  (void) attributes;
  return only_value(robust, PTHREAD_MUTEX_STALLED, PTHREAD_MUTEX_ROBUST);
}

int pthread_mutexattr_getrobust(const pthread_mutexattr_t *attributes, int *robust)
{
  (void) attributes;
  *robust = PTHREAD_MUTEX_STALLED;
  return 0;
}

int pthread_mutexattr_setprotocol(pthread_mutexattr_t *attributes, int protocol)
{
  (void) attributes;
  return only_value(protocol, PTHREAD_PRIO_NONE, PTHREAD_PRIO_PROTECT);
}

int pthread_mutexattr_getprotocol(const pthread_mutexattr_t *attributes, int *protocol)
{
  (void) attributes;
  *protocol = PTHREAD_PRIO_NONE;
  return 0;
}

int pthread_mutexattr_setprioceiling(pthread_mutexattr_t *attributes, int ceiling)
{
  (void) attributes;
  (void) ceiling;
  return ENOTSUP;
}

int pthread_mutexattr_getprioceiling(const pthread_mutexattr_t *attributes, int *ceiling)
{
  (void) attributes;
  (void) ceiling;
  return ENOTSUP;
}

/* There is one process: nobody to share with. */
int pthread_mutexattr_setpshared(pthread_mutexattr_t *attributes, int shared)
{
  (void) attributes;
  return only_value(shared, PTHREAD_PROCESS_PRIVATE, PTHREAD_PROCESS_SHARED);
}

int pthread_mutexattr_getpshared(const pthread_mutexattr_t *attributes, int *shared)
{
  (void) attributes;
  *shared = PTHREAD_PROCESS_PRIVATE;
  return 0;
}

/* ---- Of a condition variable: the word is its clock ---- */

int pthread_condattr_init(pthread_condattr_t *attributes)
{
  *attributes = (pthread_condattr_t){.__word = CLOCK_REALTIME};
  return 0;
}

int pthread_condattr_destroy(pthread_condattr_t *attributes)
{
  (void) attributes;
  return 0;
}

int pthread_condattr_setclock(pthread_condattr_t *attributes, clockid_t clock)
{
  if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC)
    return EINVAL;
  attributes->__word = (int) clock;
  return 0;
}

int pthread_condattr_getclock(const pthread_condattr_t *restrict attributes,
                              clockid_t *restrict clock)
{
  *clock = (clockid_t) attributes->__word;
  return 0;
}

int pthread_condattr_setpshared(pthread_condattr_t *attributes, int shared)
{
  (void) attributes;
  return only_value(shared, PTHREAD_PROCESS_PRIVATE, PTHREAD_PROCESS_SHARED);
}

int pthread_condattr_getpshared(const pthread_condattr_t *attributes, int *shared)
{
  (void) attributes;
  *shared = PTHREAD_PROCESS_PRIVATE;
  return 0;
}
