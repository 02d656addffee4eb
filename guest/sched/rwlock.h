/* Read-write lock: many readers or one writer. All zero is a free one.
 *
 * Free, or read by others while no writer waits, it takes one atomic operation each way. Once a
 * writer waits no more readers come in, but for those who must: who reads already and would wait
 * for a writer that waits for it. For tasks, not for upcalls; no spinlock may be held.
 */
#ifndef GUEST_SCHED_RWLOCK_H
#define GUEST_SCHED_RWLOCK_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "sched/futex.h"

struct rwlock
{
  uint32_t state;   /* how many hold it, and who waits: below; the readers' futex */
  uint32_t kind;    /* its owner's business */
  uint32_t turn;    /* changes when a writer may try; the writers' futex */
  uint32_t history; /* of spins */
  uint32_t leaving; /* tasks that have unlocked it and wake others */
  uintptr_t writer; /* the holder's thread pointer, else 0 */
};

/* Of the state: so many readers hold it, or RWLOCK_WRITER. */
#define RWLOCK_HOLDERS      0x3fffffffu
#define RWLOCK_WRITER       RWLOCK_HOLDERS
#define RWLOCK_READERS_WAIT 0x40000000u
#define RWLOCK_WRITERS_WAIT 0x80000000u

/* The slow parts. */
int rwlock_read_slow(struct rwlock *lock, uint64_t deadline_ns, bool must);
int rwlock_write_slow(struct rwlock *lock, uint64_t deadline_ns);
void rwlock_unlock_slow(struct rwlock *lock, uint32_t holders);

static inline uintptr_t rwlock_self(void)
{
  return (uintptr_t) __builtin_thread_pointer();
}

static inline bool rwlock_is_writer(const struct rwlock *lock)
{
  return __atomic_load_n(&lock->writer, __ATOMIC_RELAXED) == rwlock_self();
}

/* must: although writers wait. */
static inline bool rwlock_may_read(uint32_t state, bool must)
{
  return state < RWLOCK_HOLDERS - 1 || (must && (state & RWLOCK_HOLDERS) < RWLOCK_HOLDERS - 1);
}

/* 0 or -EBUSY. Never blocks. */
static inline int rwlock_try_read(struct rwlock *lock, bool must)
{
  uint32_t state = __atomic_load_n(&lock->state, __ATOMIC_RELAXED);
  while (rwlock_may_read(state, must))
  {
    if (__atomic_compare_exchange_n(&lock->state, &state, state + 1, true, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED))
      return 0;
  }
  return -EBUSY;
}

static inline int rwlock_try_write(struct rwlock *lock)
{
  uint32_t state = 0;
  if (!__atomic_compare_exchange_n(&lock->state, &state, RWLOCK_WRITER, false, __ATOMIC_ACQUIRE,
                                   __ATOMIC_RELAXED))
    return -EBUSY;
  __atomic_store_n(&lock->writer, rwlock_self(), __ATOMIC_RELAXED);
  return 0;
}

/* 0; -ETIMEDOUT; -EDEADLK: the caller writes; -EAGAIN: too many readers. */
static inline int rwlock_read(struct rwlock *lock, uint64_t deadline_ns, bool must)
{
  return rwlock_try_read(lock, must) == 0 ? 0 : rwlock_read_slow(lock, deadline_ns, must);
}

/* 0, -ETIMEDOUT, -EDEADLK. */
static inline int rwlock_write(struct rwlock *lock, uint64_t deadline_ns)
{
  return rwlock_try_write(lock) == 0 ? 0 : rwlock_write_slow(lock, deadline_ns);
}

/* holders: RWLOCK_WRITER or 1. The last one wakes those who wait. */
static inline void rwlock_unlock(struct rwlock *lock, uint32_t holders)
{
  uint32_t state = __atomic_load_n(&lock->state, __ATOMIC_RELAXED);
  while ((state & RWLOCK_HOLDERS) != holders || state == holders)
  {
    if (__atomic_compare_exchange_n(&lock->state, &state, state - holders, true, __ATOMIC_RELEASE,
                                    __ATOMIC_RELAXED))
      return;
  }
  rwlock_unlock_slow(lock, holders);
}

static inline void rwlock_unlock_write(struct rwlock *lock)
{
  __atomic_store_n(&lock->writer, 0, __ATOMIC_RELAXED);
  rwlock_unlock(lock, RWLOCK_WRITER);
}

/* Returns when no task looks at the lock any more, which nobody holds: it may be freed. */
void rwlock_destroy(struct rwlock *lock);

#endif
