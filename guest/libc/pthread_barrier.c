/* Barriers of POSIX threads. */
#include <errno.h>
#include <pthread.h>

#include "sched/barrier.h"

_Static_assert(sizeof(struct barrier) <= sizeof(pthread_barrier_t), "a barrier fits");

static struct barrier *barrier_of(pthread_barrier_t *barrier)
{
  return (struct barrier *) (void *) barrier;
}

int pthread_barrier_init(pthread_barrier_t *restrict barrier,
                         const pthread_barrierattr_t *restrict attributes, unsigned int count)
{
  (void) attributes;
  if (count == 0)
    return EINVAL;
  barrier_init(barrier_of(barrier), count);
  return 0;
}

/* EBUSY: threads wait in it. Those of the last round may not have left yet; this waits for them. */
int pthread_barrier_destroy(pthread_barrier_t *barrier)
{
  if ((uint32_t) __atomic_load_n(&barrier_of(barrier)->state, __ATOMIC_RELAXED) != 0)
    return EBUSY;
  barrier_destroy(barrier_of(barrier));
  return 0;
}

int pthread_barrier_wait(pthread_barrier_t *barrier)
{
  return barrier_wait(barrier_of(barrier)) ? PTHREAD_BARRIER_SERIAL_THREAD : 0;
}
