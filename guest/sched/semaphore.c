/* Counting semaphore. Also runs in upcalls: semaphore_post(). */
#include "sched/semaphore.h"

#include "sched/spin.h"

#define WAITER (1ull << 32)

/* Little endian: the low half comes first. */
static uint32_t *units_of(struct semaphore *semaphore)
{
  return (uint32_t *) (void *) &semaphore->state;
}

int semaphore_wait_slow(struct semaphore *semaphore, uint64_t deadline_ns)
{
  if (spin_until(units_of(semaphore), false, &semaphore->history) && semaphore_try_wait(semaphore))
    return 0;
  uint64_t state = __atomic_add_fetch(&semaphore->state, WAITER, __ATOMIC_RELAXED);
  for (;;)
  {
    while ((uint32_t) state != 0)
    {
      if (__atomic_compare_exchange_n(&semaphore->state, &state, state - WAITER - 1, true,
                                      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return 0;
    }
    int error = futex_wait(units_of(semaphore), 0, deadline_ns);
    if (error == -ETIMEDOUT || error == -EINTR)
    {
      __atomic_sub_fetch(&semaphore->state, WAITER, __ATOMIC_RELAXED);
      return error;
    }
    state = __atomic_load_n(&semaphore->state, __ATOMIC_RELAXED);
  }
}

int semaphore_post(struct semaphore *semaphore)
{
  uint32_t *units = units_of(semaphore);
  uint64_t state = __atomic_load_n(&semaphore->state, __ATOMIC_RELAXED);
  do
  {
    if ((uint32_t) state >= SEMAPHORE_UNITS_MAX)
      return -EOVERFLOW;
  } while (!__atomic_compare_exchange_n(&semaphore->state, &state, state + 1, true,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED));
  /* The word is only an address from here on. */
  if (state >= WAITER)
    futex_wake(units, 1);
  return 0;
}
