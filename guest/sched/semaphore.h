/* Counting semaphore. All zero is one with no units. Free units are taken and given back with one
 * atomic operation and no call. */
#ifndef GUEST_SCHED_SEMAPHORE_H
#define GUEST_SCHED_SEMAPHORE_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "sched/futex.h"

#define SEMAPHORE_UNITS_MAX INT32_MAX

/* Units and waiters change in one operation: who gives a unit must not look at the semaphore again
 * afterwards, for the task that takes it may free the memory. */
struct semaphore
{
  uint64_t state;   /* low half: units, the futex; high half: tasks that wait */
  uint32_t history; /* of spins */
  uint32_t reserved;
};

/* The slow part of semaphore_wait_until(). */
int semaphore_wait_slow(struct semaphore *semaphore, uint64_t deadline_ns);

static inline void semaphore_init(struct semaphore *semaphore, uint32_t units)
{
  *semaphore = (struct semaphore){.state = units};
}

static inline uint32_t semaphore_units(const struct semaphore *semaphore)
{
  return (uint32_t) __atomic_load_n(&semaphore->state, __ATOMIC_RELAXED);
}

/* Takes a unit if there is one. Never blocks; in upcalls too. */
static inline bool semaphore_try_wait(struct semaphore *semaphore)
{
  uint64_t state = __atomic_load_n(&semaphore->state, __ATOMIC_RELAXED);
  while ((uint32_t) state != 0)
  {
    if (__atomic_compare_exchange_n(&semaphore->state, &state, state - 1, true, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED))
      return true;
  }
  return false;
}

/* Takes a unit, blocks until there is one or the deadline has passed, which is not looked at when
 * there is one: 0, -ETIMEDOUT, or -EINTR as futex_wait(). For tasks; no spinlock may be held. */
static inline int semaphore_wait_until(struct semaphore *semaphore, uint64_t deadline_ns)
{
  return semaphore_try_wait(semaphore) ? 0 : semaphore_wait_slow(semaphore, deadline_ns);
}

/* Gives a unit, and wakes a task that waits for one: 0, or -EOVERFLOW with nothing changed. Never
 * blocks; in upcalls too. */
int semaphore_post(struct semaphore *semaphore);

#endif
