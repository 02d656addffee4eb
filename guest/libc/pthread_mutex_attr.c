/* Attributes of mutexes: the word is the kind of the mutex, and whether processes may share it. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "libc/pthread_objects.h"
#include "sched/mutex.h"
#include "sched/task.h"

_Static_assert(PTHREAD_MUTEX_NORMAL == MUTEX_NORMAL && PTHREAD_MUTEX_RECURSIVE == MUTEX_RECURSIVE &&
                   PTHREAD_MUTEX_ERRORCHECK == MUTEX_ERRORCHECK,
               "attributes hold the kind of a mutex");

/* A normal one spins before it sleeps, which is what this type asks for. */
#define ADAPTIVE 3u
_Static_assert(PTHREAD_MUTEX_ADAPTIVE_NP == ADAPTIVE, "the type after those of mutexes");

static uint32_t *word_of(pthread_mutexattr_t *attributes)
{
  return (uint32_t *) &attributes->__word;
}

static uint32_t flags_of(const pthread_mutexattr_t *attributes)
{
  return (uint32_t) attributes->__word;
}

static void set_flags(pthread_mutexattr_t *attributes, uint32_t mask, uint32_t flags)
{
  *word_of(attributes) = (*word_of(attributes) & ~mask) | flags;
}

uint32_t mutex_kind_of(const pthread_mutexattr_t *attributes)
{
  uint32_t kind = flags_of(attributes) & ~MUTEX_ATTRIBUTE_SHARED;
  if ((kind & MUTEX_TYPE) == ADAPTIVE)
    kind &= ~MUTEX_TYPE;
  /* A ceiling that was set for another protocol is none. */
  return (kind & MUTEX_PROTECT) != 0 ? kind : kind & ((1u << MUTEX_CEILING_SHIFT) - 1);
}

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
  if (type < PTHREAD_MUTEX_NORMAL || type > PTHREAD_MUTEX_ADAPTIVE_NP)
    return EINVAL;
  set_flags(attributes, MUTEX_TYPE, (uint32_t) type);
  return 0;
}

int pthread_mutexattr_gettype(const pthread_mutexattr_t *restrict attributes, int *restrict type)
{
  *type = (int) (flags_of(attributes) & MUTEX_TYPE);
  return 0;
}

int pthread_mutexattr_setrobust(pthread_mutexattr_t *attributes, int robust)
{
  if (robust != PTHREAD_MUTEX_STALLED && robust != PTHREAD_MUTEX_ROBUST)
    return EINVAL;
  set_flags(attributes, MUTEX_ROBUST, robust == PTHREAD_MUTEX_ROBUST ? MUTEX_ROBUST : 0);
  return 0;
}

int pthread_mutexattr_getrobust(const pthread_mutexattr_t *restrict attributes,
                                int *restrict robust)
{
  bool is_robust = (flags_of(attributes) & MUTEX_ROBUST) != 0;
  *robust = is_robust ? PTHREAD_MUTEX_ROBUST : PTHREAD_MUTEX_STALLED;
  return 0;
}

int pthread_mutexattr_setprotocol(pthread_mutexattr_t *attributes, int protocol)
{
  static const uint32_t flags[] = {[PTHREAD_PRIO_NONE] = 0,
                                   [PTHREAD_PRIO_INHERIT] = MUTEX_INHERIT,
                                   [PTHREAD_PRIO_PROTECT] = MUTEX_PROTECT};
  if (protocol < PTHREAD_PRIO_NONE || protocol > PTHREAD_PRIO_PROTECT)
    return EINVAL;
  set_flags(attributes, MUTEX_INHERIT | MUTEX_PROTECT, flags[protocol]);
  return 0;
}

int pthread_mutexattr_getprotocol(const pthread_mutexattr_t *restrict attributes,
                                  int *restrict protocol)
{
  uint32_t flags = flags_of(attributes);
  if ((flags & MUTEX_PROTECT) != 0)
    *protocol = PTHREAD_PRIO_PROTECT;
  else
    *protocol = (flags & MUTEX_INHERIT) != 0 ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE;
  return 0;
}

int pthread_mutexattr_setprioceiling(pthread_mutexattr_t *attributes, int ceiling)
{
  if (ceiling < 0 || ceiling >= TASK_PRIORITIES)
    return EINVAL;
  set_flags(attributes, ~0u << MUTEX_CEILING_SHIFT, (uint32_t) ceiling << MUTEX_CEILING_SHIFT);
  return 0;
}

int pthread_mutexattr_getprioceiling(const pthread_mutexattr_t *restrict attributes,
                                     int *restrict ceiling)
{
  *ceiling = (int) (flags_of(attributes) >> MUTEX_CEILING_SHIFT);
  return 0;
}

/* There is one process: shared or not, every thread can use it. */
int pthread_mutexattr_setpshared(pthread_mutexattr_t *attributes, int shared)
{
  if (shared != PTHREAD_PROCESS_PRIVATE && shared != PTHREAD_PROCESS_SHARED)
    return EINVAL;
  set_flags(attributes, MUTEX_ATTRIBUTE_SHARED,
            shared == PTHREAD_PROCESS_SHARED ? MUTEX_ATTRIBUTE_SHARED : 0);
  return 0;
}

int pthread_mutexattr_getpshared(const pthread_mutexattr_t *restrict attributes,
                                 int *restrict shared)
{
  bool is_shared = (flags_of(attributes) & MUTEX_ATTRIBUTE_SHARED) != 0;
  *shared = is_shared ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE;
  return 0;
}
