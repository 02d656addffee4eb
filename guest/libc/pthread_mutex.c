/* Mutexes of POSIX threads: the kernel library's, with POSIX's names and errors. */
#include <errno.h>
#include <pthread.h>

#include "libc/deadline.h"
#include "libc/pthread_objects.h"
#include "sched/mutex.h"

int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
  *mutex_of(mutex) =
      (struct mutex){.kind = attributes == NULL ? MUTEX_NORMAL : (uint32_t) attributes->__word};
  return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
  return __atomic_load_n(&mutex_of(mutex)->word, __ATOMIC_RELAXED) == MUTEX_FREE ? 0 : EBUSY;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
  return -mutex_lock(mutex_of(mutex));
}

int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
  return -mutex_try_lock(mutex_of(mutex));
}

int pthread_mutex_clocklock(pthread_mutex_t *restrict mutex, clockid_t clock,
                            const struct timespec *restrict until)
{
  uint64_t deadline_ns;
  int error = mutex_try_lock(mutex_of(mutex));
  if (error == -EBUSY)
    error = deadline_from(clock, until, &deadline_ns);
  else
    return -error;
  return error != 0 ? -error : -mutex_lock_until(mutex_of(mutex), deadline_ns);
}

int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *until)
{
  return pthread_mutex_clocklock(mutex, CLOCK_REALTIME, until);
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
  return -mutex_unlock(mutex_of(mutex));
}

/* No mutex has a priority ceiling. */
int pthread_mutex_setprioceiling(pthread_mutex_t *mutex, int ceiling, int *old_ceiling)
{
  (void) mutex;
  (void) ceiling;
  (void) old_ceiling;
  return EINVAL;
}

int pthread_mutex_getprioceiling(const pthread_mutex_t *restrict mutex, int *ceiling)
{
  (void) mutex;
  (void) ceiling;
  return EINVAL;
}
