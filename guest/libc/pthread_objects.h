/* What POSIX's opaque types hold. All zero is a valid object of each. */
#ifndef GUEST_LIBC_PTHREAD_OBJECTS_H
#define GUEST_LIBC_PTHREAD_OBJECTS_H

#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/condition.h"
#include "sched/mutex.h"
#include "sched/semaphore.h"
#include "sched/special_mutex.h"

/* In the attributes of a mutex, beside its kind. */
#define MUTEX_ATTRIBUTE_SHARED 0x1000u

uint32_t mutex_kind_of(const pthread_mutexattr_t *attributes);

struct posix_condition
{
  struct condition condition;
  clockid_t clock; /* that pthread_cond_timedwait() goes by */
};

_Static_assert(CLOCK_REALTIME == 0, "a condition that is all zero goes by it");
_Static_assert(sizeof(struct special_mutex) <= sizeof(pthread_mutex_t), "a mutex fits");
_Static_assert(offsetof(struct mutex, kind) == sizeof(int), "static initialisers set word 1");
_Static_assert(sizeof(struct posix_condition) <= sizeof(pthread_cond_t), "a condition fits");
_Static_assert(sizeof(struct semaphore) <= sizeof(sem_t), "a semaphore fits");

static inline struct mutex *mutex_of(pthread_mutex_t *mutex)
{
  return (struct mutex *) (void *) mutex;
}

static inline struct special_mutex *special_mutex_of(pthread_mutex_t *mutex)
{
  return (struct special_mutex *) (void *) mutex;
}

static inline struct posix_condition *condition_of(pthread_cond_t *condition)
{
  return (struct posix_condition *) (void *) condition;
}

static inline struct semaphore *semaphore_of(sem_t *semaphore)
{
  return (struct semaphore *) (void *) semaphore;
}

#endif
