/* Mutexes of POSIX threads: the kernel library's, with POSIX's names and errors. */
#include <errno.h>
#include <pthread.h>

#include "libc/deadline.h"
#include "libc/pthread_objects.h"
#include "sched/mutex.h"
#include "sched/special_mutex.h"
#include "sched/task.h"

int pthread_mutex_init(pthread_mutex_t *restrict mutex,
                       const pthread_mutexattr_t *restrict attributes)
{
  *special_mutex_of(mutex) = (struct special_mutex){
      .mutex.kind = attributes == NULL ? MUTEX_NORMAL : mutex_kind_of(attributes)};
  return 0;
}

int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
  return __atomic_load_n(&mutex_of(mutex)->word, __ATOMIC_RELAXED) == MUTEX_FREE ? 0 : EBUSY;
}

/* Apart, so that a normal one that is free needs no stack frame. */
static __attribute__((noinline)) int lock_slow(pthread_mutex_t *mutex)
{
  if (mutex_is_special(mutex_of(mutex)))
    return -special_mutex_lock(special_mutex_of(mutex), FUTEX_FOREVER);
  return -mutex_lock(mutex_of(mutex));
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
  if (__builtin_expect(mutex_of(mutex)->kind == MUTEX_NORMAL && mutex_take(mutex_of(mutex)), 1))
    return 0;
  return lock_slow(mutex);
}

int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
  if (mutex_is_special(mutex_of(mutex)))
    return -special_mutex_try_lock(special_mutex_of(mutex));
  return -mutex_try_lock(mutex_of(mutex));
}

int pthread_mutex_clocklock(pthread_mutex_t *restrict mutex, clockid_t clock,
                            const struct timespec *restrict until)
{
  uint64_t deadline_ns;
  int error = -pthread_mutex_trylock(mutex);
  if (error == -EBUSY)
    error = deadline_from(clock, until, &deadline_ns);
  else
    return -error;
  if (error != 0)
    return -error;
  if (mutex_is_special(mutex_of(mutex)))
    return -special_mutex_lock(special_mutex_of(mutex), deadline_ns);
  return -mutex_lock_until(mutex_of(mutex), deadline_ns);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict until)
{
  return pthread_mutex_clocklock(mutex, CLOCK_REALTIME, until);
}

static __attribute__((noinline)) int unlock_slow(pthread_mutex_t *mutex)
{
  if (mutex_is_special(mutex_of(mutex)))
    return -special_mutex_unlock(special_mutex_of(mutex));
  return -mutex_unlock(mutex_of(mutex));
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
  if (__builtin_expect(mutex_of(mutex)->kind != MUTEX_NORMAL, 0))
    return unlock_slow(mutex);
  mutex_let_go(mutex_of(mutex));
  return 0;
}

int pthread_mutex_consistent(pthread_mutex_t *mutex)
{
  return mutex_is_special(mutex_of(mutex)) ? -special_mutex_make_consistent(special_mutex_of(mutex))
                                           : EINVAL;
}

int pthread_mutex_getprioceiling(const pthread_mutex_t *restrict mutex, int *restrict ceiling)
{
  uint32_t kind = ((const struct mutex *) (const void *) mutex)->kind;
  if ((kind & MUTEX_PROTECT) == 0)
    return EINVAL;
  *ceiling = (int) (kind >> MUTEX_CEILING_SHIFT);
  return 0;
}

/* Whoever changes the ceiling holds the mutex, whatever its own priority is. */
int pthread_mutex_setprioceiling(pthread_mutex_t *restrict mutex, int ceiling,
                                 int *restrict old_ceiling)
{
  struct special_mutex *special = special_mutex_of(mutex);
  if ((special->mutex.kind & MUTEX_PROTECT) == 0 || ceiling < 0 || ceiling >= TASK_PRIORITIES)
    return EINVAL;
  bool is_mine = special_mutex_is_mine(special);
  int error = is_mine ? 0 : special_mutex_lock_above(special);
  if (error != 0)
    return -error;
  if (old_ceiling != NULL)
    *old_ceiling = (int) (special->mutex.kind >> MUTEX_CEILING_SHIFT);
  special_mutex_set_ceiling(special, (unsigned int) ceiling);
  if (!is_mine)
    special_mutex_unlock(special);
  return 0;
}
