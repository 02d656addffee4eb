/* Condition variable, used with a mutex. All zero is one that nobody waits for. */
#ifndef GUEST_SCHED_CONDITION_H
#define GUEST_SCHED_CONDITION_H

#include <stdint.h>

#include "sched/mutex.h"

struct condition
{
  uint32_t sequence;   /* changes with each signal, the futex; bit 0: there was a broadcast */
  uint32_t waiters;    /* tasks between their unlocking of the mutex and their waking up */
  struct mutex *mutex; /* the waiters'; null: they wait with another kind of lock */
};

/* Unlocks the mutex, sleeps until a signal, a broadcast, or the deadline, and locks it again: 0,
 * -ETIMEDOUT, -EINTR as futex_wait(), or -EPERM when a recursive or error-checking mutex is not
 * held. 0 also without a reason, as POSIX permits: the caller looks at what it waits for again. For
 * tasks. */
int condition_wait_until(struct condition *condition, struct mutex *mutex, uint64_t deadline_ns);

/* The two halves of that for another kind of lock, which the caller holds at the first, has
 * unlocked at the second, and locks again then. mutex: where a broadcast may have waiters wait, or
 * null. Masked in between: handlers of signals, which may end the task, run when it has left the
 * condition. */
struct condition_wait
{
  uint32_t sequence;
  uint32_t was_masked;
};
struct condition_wait condition_enter(struct condition *condition, struct mutex *mutex);
int condition_sleep(struct condition *condition, const struct condition_wait *wait,
                    uint64_t deadline_ns, bool *contended);

void condition_signal_waiters(struct condition *condition);
void condition_broadcast_waiters(struct condition *condition);

/* Wakes one waiter, the highest priority first. No call if there is none. Never blocks. */
static inline void condition_signal(struct condition *condition)
{
  if (__atomic_load_n(&condition->waiters, __ATOMIC_SEQ_CST) != 0)
    condition_signal_waiters(condition);
}

/* Wakes one waiter and has the others wait for the mutex, each woken when it is its turn: a herd
 * of woken tasks could only queue there. Never blocks. */
static inline void condition_broadcast(struct condition *condition)
{
  if (__atomic_load_n(&condition->waiters, __ATOMIC_SEQ_CST) != 0)
    condition_broadcast_waiters(condition);
}

/* Returns when no task looks at the condition any more: it may be freed. Called when no task waits
 * but those that were woken, which need not have run yet; the mutex may be held. Blocks. */
void condition_destroy(struct condition *condition);

#endif
