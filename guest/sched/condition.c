/* Condition variable: a futex on a number that each signal changes.
 *
 * A waiter reads the number while it holds the mutex, and sleeps only if it has not changed since:
 * no signal is lost in between. (For that to fail, 2^31 signals would have to come in between.)
 */
#include "sched/condition.h"

#include <limits.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"

#define WAS_BROADCAST 1u
#define SIGNAL        2u

/* In waiters, once condition_destroy() waits for the last of them. */
#define DESTROYING 0x80000000u

/* The last access of a waiter to the condition, apart from its address. */
static void leave(struct condition *condition)
{
  if (__atomic_sub_fetch(&condition->waiters, 1, __ATOMIC_RELEASE) == DESTROYING)
    futex_wake(&condition->waiters, 1);
}

struct condition_wait condition_enter(struct condition *condition, struct mutex *mutex)
{
  /* Where nothing is, this faults: not yet masked. */
  struct condition_wait wait = {.sequence =
                                    __atomic_load_n(&condition->sequence, __ATOMIC_RELAXED)};
  wait.was_masked = cpu_mask_save();
  __atomic_store_n(&condition->mutex, mutex, __ATOMIC_RELAXED);
  __atomic_add_fetch(&condition->waiters, 1, __ATOMIC_SEQ_CST);
  return wait;
}

int condition_sleep(struct condition *condition, const struct condition_wait *wait,
                    uint64_t deadline_ns, bool *contended)
{
  int error = futex_wait(&condition->sequence, wait->sequence, deadline_ns);
  /* After a broadcast others may sleep on the mutex who are not noted there. */
  *contended = (__atomic_load_n(&condition->sequence, __ATOMIC_RELAXED) & WAS_BROADCAST) != 0;
  leave(condition);
  cpu_mask_restore(wait->was_masked);
  return error == -EAGAIN ? 0 : error;
}

int condition_wait_until(struct condition *condition, struct mutex *mutex, uint64_t deadline_ns)
{
  if (mutex->kind != MUTEX_NORMAL && !mutex_is_mine(mutex))
    return -EPERM;
  struct condition_wait wait = condition_enter(condition, mutex);
  uint32_t depth = mutex_release_all(mutex);
  bool contended;
  int error = condition_sleep(condition, &wait, deadline_ns, &contended);
  mutex_take_back(mutex, depth, contended);
  return error;
}

void condition_signal_waiters(struct condition *condition)
{
  __atomic_add_fetch(&condition->sequence, SIGNAL, __ATOMIC_RELEASE);
  futex_wake(&condition->sequence, 1);
}

void condition_broadcast_waiters(struct condition *condition)
{
  __atomic_or_fetch(&condition->sequence, WAS_BROADCAST, __ATOMIC_RELAXED);
  __atomic_add_fetch(&condition->sequence, SIGNAL, __ATOMIC_RELEASE);
  struct mutex *mutex = __atomic_load_n(&condition->mutex, __ATOMIC_RELAXED);
  if (mutex != NULL)
    futex_requeue(&condition->sequence, 1, INT_MAX, &mutex->word);
  else
    futex_wake(&condition->sequence, INT_MAX);
}

void condition_destroy(struct condition *condition)
{
  uint32_t waiters = __atomic_or_fetch(&condition->waiters, DESTROYING, __ATOMIC_ACQUIRE);
  if (waiters != DESTROYING)
  {
    /* Those moved to the mutex have to run once, whoever holds it: then they leave here, and wait
     * for the mutex as any other task. */
    futex_wake(&condition->sequence, INT_MAX);
    if (condition->mutex != NULL)
      futex_wake(&condition->mutex->word, INT_MAX);
  }
  while (waiters != DESTROYING)
  {
    futex_wait(&condition->waiters, waiters, FUTEX_FOREVER);
    waiters = __atomic_load_n(&condition->waiters, __ATOMIC_ACQUIRE);
  }
  __atomic_store_n(&condition->waiters, 0, __ATOMIC_RELAXED);
}
