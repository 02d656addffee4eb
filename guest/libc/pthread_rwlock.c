/* Read-write locks of POSIX threads: the kernel library's, with POSIX's names and errors. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "libc/deadline.h"
#include "sched/rwlock.h"

_Static_assert(sizeof(struct rwlock) <= sizeof(pthread_rwlock_t), "a read-write lock fits");
_Static_assert(offsetof(struct rwlock, kind) == sizeof(int), "static initialisers set word 1");

/* How many read locks the thread has. As long as there is one it does not wait behind a writer,
 * which may be waiting for that one. */
static _Thread_local unsigned int reads;

static struct rwlock *lock_of(pthread_rwlock_t *lock)
{
  return (struct rwlock *) (void *) lock;
}

static bool must_read(const struct rwlock *lock)
{
  return reads != 0 && lock->kind != PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;
}

int pthread_rwlock_init(pthread_rwlock_t *restrict lock,
                        const pthread_rwlockattr_t *restrict attributes)
{
  int kind = PTHREAD_RWLOCK_DEFAULT_NP;
  if (attributes != NULL)
    pthread_rwlockattr_getkind_np(attributes, &kind);
  *lock_of(lock) = (struct rwlock){.kind = (uint32_t) kind};
  return 0;
}

int pthread_rwlock_destroy(pthread_rwlock_t *lock)
{
  uint32_t state = __atomic_load_n(&lock_of(lock)->state, __ATOMIC_RELAXED);
  if ((state & RWLOCK_HOLDERS) != 0)
    return EBUSY;
  rwlock_destroy(lock_of(lock));
  return 0;
}

static int read_until(struct rwlock *lock, uint64_t deadline_ns)
{
  int error = rwlock_read(lock, deadline_ns, must_read(lock));
  if (error == 0)
    reads++;
  return -error;
}

int pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
  return read_until(lock_of(lock), FUTEX_FOREVER);
}

int pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
  return -rwlock_write(lock_of(lock), FUTEX_FOREVER);
}

int pthread_rwlock_tryrdlock(pthread_rwlock_t *lock)
{
  int error = rwlock_try_read(lock_of(lock), must_read(lock_of(lock)));
  if (error == 0)
    reads++;
  return -error;
}

int pthread_rwlock_trywrlock(pthread_rwlock_t *lock)
{
  return -rwlock_try_write(lock_of(lock));
}

/* The time is looked at only when the lock is not free. */
int pthread_rwlock_clockrdlock(pthread_rwlock_t *restrict lock, clockid_t clock,
                               const struct timespec *restrict until)
{
  uint64_t deadline_ns;
  if (pthread_rwlock_tryrdlock(lock) == 0)
    return 0;
  int error = deadline_from(clock, until, &deadline_ns);
  return error != 0 ? -error : read_until(lock_of(lock), deadline_ns);
}

int pthread_rwlock_clockwrlock(pthread_rwlock_t *restrict lock, clockid_t clock,
                               const struct timespec *restrict until)
{
  uint64_t deadline_ns;
  if (pthread_rwlock_trywrlock(lock) == 0)
    return 0;
  int error = deadline_from(clock, until, &deadline_ns);
  return error != 0 ? -error : -rwlock_write(lock_of(lock), deadline_ns);
}

int pthread_rwlock_timedrdlock(pthread_rwlock_t *restrict lock,
                               const struct timespec *restrict until)
{
  return pthread_rwlock_clockrdlock(lock, CLOCK_REALTIME, until);
}

int pthread_rwlock_timedwrlock(pthread_rwlock_t *restrict lock,
                               const struct timespec *restrict until)
{
  return pthread_rwlock_clockwrlock(lock, CLOCK_REALTIME, until);
}

int pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
  struct rwlock *inner = lock_of(lock);
  uint32_t holders = __atomic_load_n(&inner->state, __ATOMIC_RELAXED) & RWLOCK_HOLDERS;
  if (holders == RWLOCK_WRITER)
  {
    if (!rwlock_is_writer(inner))
      return EPERM;
    rwlock_unlock_write(inner);
    return 0;
  }
  if (holders == 0)
    return EPERM;
  if (reads != 0)
    reads--;
  rwlock_unlock(inner, 1);
  return 0;
}
