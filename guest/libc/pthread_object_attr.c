/* Attributes of condition variables, read-write locks and barriers. There is one process: whether
 * it shares an object makes no difference, and is kept for who asks. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

static int set_shared(int *word, int bit, int shared)
{
  if (shared != PTHREAD_PROCESS_PRIVATE && shared != PTHREAD_PROCESS_SHARED)
    return EINVAL;
  *word = (*word & ~bit) | (shared == PTHREAD_PROCESS_SHARED ? bit : 0);
  return 0;
}

static int get_shared(int word, int bit, int *shared)
{
  *shared = (word & bit) != 0 ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE;
  return 0;
}

/* ---- Of a condition variable: its clock, and a bit ---- */

#define CONDITION_SHARED 0x100

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
  attributes->__word = (attributes->__word & CONDITION_SHARED) | (int) clock;
  return 0;
}

int pthread_condattr_getclock(const pthread_condattr_t *restrict attributes,
                              clockid_t *restrict clock)
{
  *clock = (clockid_t) (attributes->__word & ~CONDITION_SHARED);
  return 0;
}

int pthread_condattr_setpshared(pthread_condattr_t *attributes, int shared)
{
  return set_shared(&attributes->__word, CONDITION_SHARED, shared);
}

int pthread_condattr_getpshared(const pthread_condattr_t *restrict attributes, int *restrict shared)
{
  return get_shared(attributes->__word, CONDITION_SHARED, shared);
}

/* ---- Of a read-write lock: its kind, and whether it is shared ---- */

int pthread_rwlockattr_init(pthread_rwlockattr_t *attributes)
{
  *attributes = (pthread_rwlockattr_t){.__words = {PTHREAD_RWLOCK_DEFAULT_NP}};
  return 0;
}

int pthread_rwlockattr_destroy(pthread_rwlockattr_t *attributes)
{
  (void) attributes;
  return 0;
}

int pthread_rwlockattr_setkind_np(pthread_rwlockattr_t *attributes, int kind)
{
  if (kind < PTHREAD_RWLOCK_PREFER_READER_NP || kind > PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP)
    return EINVAL;
  attributes->__words[0] = kind;
  return 0;
}

int pthread_rwlockattr_getkind_np(const pthread_rwlockattr_t *restrict attributes,
                                  int *restrict kind)
{
  *kind = attributes->__words[0];
  return 0;
}

int pthread_rwlockattr_setpshared(pthread_rwlockattr_t *attributes, int shared)
{
  return set_shared(&attributes->__words[1], 1, shared);
}

int pthread_rwlockattr_getpshared(const pthread_rwlockattr_t *restrict attributes,
                                  int *restrict shared)
{
  return get_shared(attributes->__words[1], 1, shared);
}

/* ---- Of a barrier ---- */

int pthread_barrierattr_init(pthread_barrierattr_t *attributes)
{
  *attributes = (pthread_barrierattr_t){0};
  return 0;
}

int pthread_barrierattr_destroy(pthread_barrierattr_t *attributes)
{
  (void) attributes;
  return 0;
}

int pthread_barrierattr_setpshared(pthread_barrierattr_t *attributes, int shared)
{
  return set_shared(&attributes->__word, 1, shared);
}

int pthread_barrierattr_getpshared(const pthread_barrierattr_t *restrict attributes,
                                   int *restrict shared)
{
  return get_shared(attributes->__word, 1, shared);
}
