/* Spinlocks. The holder is masked, so that it is neither interrupted nor moved, and holds the lock
 * for a bounded time. Spins are bounded too: then the host may run the holder's CPU. */
#ifndef GUEST_SCHED_SPINLOCK_H
#define GUEST_SCHED_SPINLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/cpu.h"

struct spinlock
{
  uint32_t locked; /* zero: free */
};

/* Spins until the lock is free; after a while yields to the host between tries. */
void spinlock_wait(struct spinlock *lock);

static inline bool spinlock_try(struct spinlock *lock)
{
  return __atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE) == 0;
}

/* For code that is masked already. */
static inline void spinlock_lock(struct spinlock *lock)
{
  while (!spinlock_try(lock))
    spinlock_wait(lock);
}

static inline void spinlock_unlock(struct spinlock *lock)
{
  __atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
}

/* Interrupt-safe: masks first. Returns what spinlock_unlock_restore() is to restore. */
static inline uint32_t spinlock_lock_masked(struct spinlock *lock)
{
  uint32_t was_masked = cpu_mask_save();
  spinlock_lock(lock);
  return was_masked;
}

/* May switch tasks if that lifts the mask. */
static inline void spinlock_unlock_restore(struct spinlock *lock, uint32_t was_masked)
{
  spinlock_unlock(lock);
  cpu_mask_restore(was_masked);
}

#endif
