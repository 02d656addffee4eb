/* Read-write lock: the parts that wait.
 *
 * Readers sleep on the state, writers on a number of their own. The bits of the state say that
 * there may be some who sleep. The last reader leaves them and wakes a writer, so that no reader
 * comes in between; if there is none, it does as a writer. A writer clears them and wakes all
 * readers and one writer; those who do not get the lock set them again. So neither side starves.
 */
#include "sched/rwlock.h"

#include "sched/spin.h"
#include "sched/task.h"

/* In `leaving`, once rwlock_destroy() waits for the last of them. */
#define DESTROYING 0x80000000u

static bool is_free(uint32_t state)
{
  return (state & RWLOCK_HOLDERS) == 0;
}

/* Returns how many slept. */
static int wake_writers(struct rwlock *lock, int count)
{
  __atomic_add_fetch(&lock->turn, 1, __ATOMIC_RELEASE);
  return futex_wake(&lock->turn, count);
}

static void wake_all(struct rwlock *lock, uint32_t state)
{
  /* Others may hold it by now, and see to it then. */
  while (is_free(state) && state != 0)
  {
    if (!__atomic_compare_exchange_n(&lock->state, &state, 0, false, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED))
      continue;
    if ((state & RWLOCK_WRITERS_WAIT) != 0)
      wake_writers(lock, 1);
    if ((state & RWLOCK_READERS_WAIT) != 0)
      futex_wake(&lock->state, INT32_MAX);
    return;
  }
}

void rwlock_unlock_slow(struct rwlock *lock, uint32_t holders)
{
  /* Noted before the next one can have it, who may destroy it. */
  __atomic_add_fetch(&lock->leaving, 1, __ATOMIC_RELAXED);
  uint32_t state = __atomic_sub_fetch(&lock->state, holders, __ATOMIC_RELEASE);
  if (holders == RWLOCK_WRITER || (state & RWLOCK_WRITERS_WAIT) == 0)
    wake_all(lock, state);
  else if (is_free(state) && wake_writers(lock, 1) == 0)
    wake_all(lock, state); /* the bit was set for nobody, or for one who looks anew */
  if (__atomic_sub_fetch(&lock->leaving, 1, __ATOMIC_RELEASE) == DESTROYING)
    futex_wake(&lock->leaving, 1);
}

void rwlock_destroy(struct rwlock *lock)
{
  uint32_t leaving = __atomic_or_fetch(&lock->leaving, DESTROYING, __ATOMIC_ACQUIRE);
  while (leaving != DESTROYING)
  {
    futex_wait(&lock->leaving, leaving, FUTEX_FOREVER);
    leaving = __atomic_load_n(&lock->leaving, __ATOMIC_ACQUIRE);
  }
  __atomic_store_n(&lock->leaving, 0, __ATOMIC_RELAXED);
}

/* To wait is no cancellation point, not even within one. */
static int wait_on(uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
  bool heeds = task_heed_cancellation(false);
  int error = futex_wait(word, expected, deadline_ns);
  task_heed_cancellation(heeds);
  return error;
}

/* Sets a bit unless it is set. Returns whether the state is still the same but for that. */
static bool announce(struct rwlock *lock, uint32_t state, uint32_t bit)
{
  return (state & bit) != 0 || __atomic_compare_exchange_n(&lock->state, &state, state | bit, false,
                                                           __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

int rwlock_read_slow(struct rwlock *lock, uint64_t deadline_ns, bool must)
{
  if (rwlock_is_writer(lock))
    return -EDEADLK;
  uint32_t state = __atomic_load_n(&lock->state, __ATOMIC_RELAXED);
  if (state == RWLOCK_WRITER)
    spin_until(&lock->state, true, &lock->history);
  int error = 0;
  while (rwlock_try_read(lock, must) != 0)
  {
    if (error == -ETIMEDOUT)
      return -ETIMEDOUT;
    state = __atomic_load_n(&lock->state, __ATOMIC_RELAXED);
    if ((state & RWLOCK_HOLDERS) == RWLOCK_HOLDERS - 1)
      return -EAGAIN;
    if (!rwlock_may_read(state, must) && announce(lock, state, RWLOCK_READERS_WAIT))
      error = wait_on(&lock->state, state | RWLOCK_READERS_WAIT, deadline_ns);
  }
  return 0;
}

/* The last writer may have given up: all who sleep look anew, and set the bits again. */
static void give_up_writing(struct rwlock *lock)
{
  uint32_t waiting = RWLOCK_WRITERS_WAIT | RWLOCK_READERS_WAIT;
  __atomic_and_fetch(&lock->state, ~waiting, __ATOMIC_RELAXED);
  wake_writers(lock, INT32_MAX);
  futex_wake(&lock->state, INT32_MAX);
}

int rwlock_write_slow(struct rwlock *lock, uint64_t deadline_ns)
{
  if (rwlock_is_writer(lock))
    return -EDEADLK;
  if (__atomic_load_n(&lock->state, __ATOMIC_RELAXED) < RWLOCK_READERS_WAIT)
    spin_until(&lock->state, true, &lock->history);
  uint32_t others = 0; /* writers that may sleep still, once this one has */
  int error = 0;
  for (;;)
  {
    uint32_t state = __atomic_load_n(&lock->state, __ATOMIC_RELAXED);
    if (is_free(state))
    {
      if (!__atomic_compare_exchange_n(&lock->state, &state, state | RWLOCK_WRITER | others, true,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        continue;
      __atomic_store_n(&lock->writer, rwlock_self(), __ATOMIC_RELAXED);
      return 0;
    }
    if (error == -ETIMEDOUT)
    {
      give_up_writing(lock);
      return -ETIMEDOUT;
    }
    if (!announce(lock, state, RWLOCK_WRITERS_WAIT))
      continue;
    others = RWLOCK_WRITERS_WAIT;
    uint32_t turn = __atomic_load_n(&lock->turn, __ATOMIC_ACQUIRE);
    state = __atomic_load_n(&lock->state, __ATOMIC_SEQ_CST);
    if (!is_free(state) && (state & RWLOCK_WRITERS_WAIT) != 0)
      error = wait_on(&lock->turn, turn, deadline_ns);
  }
}
