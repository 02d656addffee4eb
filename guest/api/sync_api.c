/* The program's interface to synchronisation: <uhyve/sync.h>. */
#include <errno.h>

#include <uhyve/sync.h>

#include "sched/condition.h"
#include "sched/futex.h"
#include "sched/mutex.h"
#include "sched/semaphore.h"
#include "sched/spinlock.h"

#define PUBLIC(name)                                                                      \
  _Static_assert(sizeof(struct uhyve_##name) >= sizeof(struct name), "a " #name " fits"); \
  _Static_assert(_Alignof(struct uhyve_##name) >= _Alignof(struct name), "alignment");    \
  static inline struct name *name##_of(struct uhyve_##name *object)                       \
  {                                                                                       \
    return (struct name *) (void *) object;                                               \
  }

PUBLIC(spinlock)
PUBLIC(mutex)
PUBLIC(semaphore)
PUBLIC(condition)

_Static_assert((int) UHYVE_MUTEX_NORMAL == MUTEX_NORMAL &&
                   (int) UHYVE_MUTEX_RECURSIVE == MUTEX_RECURSIVE &&
                   (int) UHYVE_MUTEX_ERRORCHECK == MUTEX_ERRORCHECK &&
                   UHYVE_SEMAPHORE_MAX == SEMAPHORE_UNITS_MAX,
               "the program's and the library's");

void uhyve_spinlock_lock(struct uhyve_spinlock *lock)
{
  uint32_t was_masked = spinlock_lock_masked(spinlock_of(lock));
  lock->__was_masked = was_masked; /* guarded by the lock itself */
}

void uhyve_spinlock_unlock(struct uhyve_spinlock *lock)
{
  uint32_t was_masked = lock->__was_masked;
  spinlock_unlock_restore(spinlock_of(lock), was_masked);
}

void uhyve_spinlock_lock_nested(struct uhyve_spinlock *lock)
{
  spinlock_lock(spinlock_of(lock));
}

void uhyve_spinlock_unlock_nested(struct uhyve_spinlock *lock)
{
  spinlock_unlock(spinlock_of(lock));
}

void uhyve_mutex_init(struct uhyve_mutex *mutex, enum uhyve_mutex_kind kind)
{
  *mutex_of(mutex) = (struct mutex){.kind = kind};
}

int uhyve_mutex_lock(struct uhyve_mutex *mutex)
{
  return mutex_lock(mutex_of(mutex));
}

int uhyve_mutex_lock_until(struct uhyve_mutex *mutex, uint64_t deadline_ns)
{
  return mutex_lock_until(mutex_of(mutex), deadline_ns);
}

int uhyve_mutex_try_lock(struct uhyve_mutex *mutex)
{
  return mutex_try_lock(mutex_of(mutex));
}

int uhyve_mutex_unlock(struct uhyve_mutex *mutex)
{
  return mutex_unlock(mutex_of(mutex));
}

void uhyve_semaphore_init(struct uhyve_semaphore *semaphore, uint32_t units)
{
  semaphore_init(semaphore_of(semaphore), units);
}

int uhyve_semaphore_wait(struct uhyve_semaphore *semaphore, uint64_t deadline_ns)
{
  int error;
  do
    error = semaphore_wait_until(semaphore_of(semaphore), deadline_ns);
  while (error == -EINTR);
  return error;
}

int uhyve_semaphore_try_wait(struct uhyve_semaphore *semaphore)
{
  return semaphore_try_wait(semaphore_of(semaphore)) ? 0 : -EAGAIN;
}

int uhyve_semaphore_post(struct uhyve_semaphore *semaphore)
{
  return semaphore_post(semaphore_of(semaphore));
}

uint32_t uhyve_semaphore_units(const struct uhyve_semaphore *semaphore)
{
  return semaphore_units((const struct semaphore *) (const void *) semaphore);
}

int uhyve_condition_wait(struct uhyve_condition *condition, struct uhyve_mutex *mutex,
                         uint64_t deadline_ns)
{
  int error = condition_wait_until(condition_of(condition), mutex_of(mutex), deadline_ns);
  return error == -EINTR ? 0 : error;
}

void uhyve_condition_signal(struct uhyve_condition *condition)
{
  condition_signal(condition_of(condition));
}

void uhyve_condition_broadcast(struct uhyve_condition *condition)
{
  condition_broadcast(condition_of(condition));
}

void uhyve_condition_destroy(struct uhyve_condition *condition)
{
  condition_destroy(condition_of(condition));
}

int uhyve_futex_wait(uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
  return futex_wait(word, expected, deadline_ns);
}

int uhyve_futex_wake(uint32_t *word, int count)
{
  return futex_wake(word, count);
}
