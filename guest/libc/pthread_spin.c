/* Spinlocks of POSIX threads. The holder is an ordinary thread, which may be preempted, or wait to
 * run on this very CPU: so who spins lets others run after a while, and at last sleeps, for then
 * threads of lower priorities run, too. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>

#include "arch/x86_64/cpu.h"
#include "sched/backoff.h"
#include "sched/task.h"
#include "time/clock.h"

#define YIELDS   20u
#define SLEEP_NS 100000u

int pthread_spin_init(pthread_spinlock_t *lock, int shared)
{
  if (shared != PTHREAD_PROCESS_PRIVATE && shared != PTHREAD_PROCESS_SHARED)
    return EINVAL;
  *lock = 0;
  return 0;
}

int pthread_spin_destroy(pthread_spinlock_t *lock)
{
  (void) lock;
  return 0;
}

int pthread_spin_trylock(pthread_spinlock_t *lock)
{
  return __atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE) == 0 ? 0 : EBUSY;
}

/* It is free, or has not been for some time. */
static void wait(const pthread_spinlock_t *lock)
{
  struct backoff backoff = BACKOFF_INIT;
  unsigned int turns = cpus_may_spin() ? BACKOFF_SPINS : 1;
  for (; turns != 0 && __atomic_load_n(lock, __ATOMIC_RELAXED) != 0; turns--)
    backoff_wait(&backoff);
}

int pthread_spin_lock(pthread_spinlock_t *lock)
{
  for (unsigned int turns = 0; pthread_spin_trylock(lock) != 0; turns++)
  {
    wait(lock);
    if (__atomic_load_n(lock, __ATOMIC_RELAXED) == 0)
      continue;
    if (turns < YIELDS)
      task_yield();
    else
      task_sleep_until_ns(clock_monotonic_ns() + SLEEP_NS);
  }
  return 0;
}

int pthread_spin_unlock(pthread_spinlock_t *lock)
{
  __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
  return 0;
}
