/* Mutex: normal, recursive or error-checking. All zero is a free normal one.
 *
 * Free, it takes one atomic operation each way and no call; none while the program has one task.
 * A task that finds it taken spins for a moment and then sleeps. Not fair: a running task may take
 * it before one that was just woken. For tasks, not for upcalls; no spinlock may be held.
 */
#ifndef GUEST_SCHED_MUTEX_H
#define GUEST_SCHED_MUTEX_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "sched/futex.h"

enum mutex_kind
{
  MUTEX_NORMAL,     /* its holder must not lock it again, nor another task unlock it */
  MUTEX_RECURSIVE,  /* its holder may lock it again, and unlocks it as often */
  MUTEX_ERRORCHECK, /* both mistakes are reported */
};

enum mutex_state
{
  MUTEX_FREE,
  MUTEX_TAKEN,
  MUTEX_CONTENDED, /* taken, and tasks may sleep on the word */
};

/* Beside the kind, in mutexes that special_mutex.h is for. */
#define MUTEX_ROBUST          0x10u /* its holder's end is reported to the next one */
#define MUTEX_INHERIT         0x20u /* its holder has at least the priority of who waits for it */
#define MUTEX_PROTECT         0x40u /* its holder has at least its ceiling */
#define MUTEX_OWNER_DIED      0x100u
#define MUTEX_NOT_RECOVERABLE 0x200u
#define MUTEX_TYPE            0x0fu
#define MUTEX_CEILING_SHIFT   16

struct mutex
{
  uint32_t word;    /* enum mutex_state; the futex */
  uint32_t kind;    /* enum mutex_kind */
  uintptr_t owner;  /* the holder's thread pointer, else 0; unused in a normal one */
  uint32_t depth;   /* how often the holder has locked it again */
  uint32_t history; /* of spins */
};

/* Whether there may be a second task. Until then no lock needs an atomic operation. */
extern bool mutex_tasks_many;

/* The same for programs, <sys/single_threaded.h>. */
extern char __libc_single_threaded;

/* Called before the second task is created. There is no way back. */
static inline void mutex_expect_tasks(void)
{
  __atomic_store_n(&mutex_tasks_many, true, __ATOMIC_RELAXED);
  __atomic_store_n(&__libc_single_threaded, 0, __ATOMIC_RELAXED);
}

/* Take it when it is not free; 0 or -ETIMEDOUT. contended: tasks may sleep on the word that no one
 * has noted there. */
int mutex_wait(struct mutex *mutex, uint64_t deadline_ns, bool contended);

/* For condition.c: gives it up however often its holder has locked it, and takes it back as often.
 */
uint32_t mutex_release_all(struct mutex *mutex);
void mutex_take_back(struct mutex *mutex, uint32_t depth, bool contended);

/* Tells tasks apart: each has thread-local storage of its own. */
static inline uintptr_t mutex_self(void)
{
  return (uintptr_t) __builtin_thread_pointer();
}

static inline bool mutex_is_mine(const struct mutex *mutex)
{
  return __atomic_load_n(&mutex->owner, __ATOMIC_RELAXED) == mutex_self();
}

static inline bool mutex_is_special(const struct mutex *mutex)
{
  return __builtin_expect(mutex->kind > MUTEX_ERRORCHECK, 0);
}

static inline void mutex_set_owner(struct mutex *mutex, uintptr_t owner)
{
  if (mutex->kind != MUTEX_NORMAL)
    __atomic_store_n(&mutex->owner, owner, __ATOMIC_RELAXED);
}

static inline bool mutex_take(struct mutex *mutex)
{
  uint32_t expected = MUTEX_FREE;
  if (__builtin_expect(__atomic_load_n(&mutex_tasks_many, __ATOMIC_RELAXED), true))
    return __atomic_compare_exchange_n(&mutex->word, &expected, MUTEX_TAKEN, false,
                                       __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
  if (__atomic_load_n(&mutex->word, __ATOMIC_RELAXED) != MUTEX_FREE)
    return false;
  __atomic_store_n(&mutex->word, MUTEX_TAKEN, __ATOMIC_RELAXED);
  return true;
}

/* Leaves the word free; the caller has settled owner and depth. */
static inline void mutex_let_go(struct mutex *mutex)
{
  if (!__atomic_load_n(&mutex_tasks_many, __ATOMIC_RELAXED))
    __atomic_store_n(&mutex->word, MUTEX_FREE, __ATOMIC_RELAXED);
  else if (__atomic_exchange_n(&mutex->word, MUTEX_FREE, __ATOMIC_RELEASE) == MUTEX_CONTENDED)
    futex_wake(&mutex->word, 1);
}

/* Its holder locks it once more: 0, -EDEADLK (error-checking), -EAGAIN (too often). */
static inline int mutex_lock_again(struct mutex *mutex)
{
  if (mutex->kind == MUTEX_ERRORCHECK)
    return -EDEADLK;
  if (mutex->depth == UINT32_MAX)
    return -EAGAIN;
  mutex->depth++;
  return 0;
}

/* Blocks until the mutex is free or the deadline has passed, which is not looked at when it is
 * free. 0, -ETIMEDOUT, or as mutex_lock_again(). */
static inline int mutex_lock_until(struct mutex *mutex, uint64_t deadline_ns)
{
  if (mutex->kind != MUTEX_NORMAL && mutex_is_mine(mutex))
    return mutex_lock_again(mutex);
  if (__builtin_expect(!mutex_take(mutex), 0))
  {
    int error = mutex_wait(mutex, deadline_ns, false);
    if (error != 0)
      return error;
  }
  mutex_set_owner(mutex, mutex_self());
  return 0;
}

/* 0, or as mutex_lock_again(). */
static inline int mutex_lock(struct mutex *mutex)
{
  return mutex_lock_until(mutex, FUTEX_FOREVER);
}

/* 0, -EBUSY, -EAGAIN. Never blocks. */
static inline int mutex_try_lock(struct mutex *mutex)
{
  if (mutex->kind == MUTEX_RECURSIVE && mutex_is_mine(mutex))
    return mutex_lock_again(mutex);
  if (!mutex_take(mutex))
    return -EBUSY;
  mutex_set_owner(mutex, mutex_self());
  return 0;
}

/* 0, or -EPERM from a task that does not hold it (not from a normal one). Never blocks. */
static inline int mutex_unlock(struct mutex *mutex)
{
  if (mutex->kind != MUTEX_NORMAL)
  {
    if (!mutex_is_mine(mutex))
      return -EPERM;
    if (mutex->depth != 0)
    {
      mutex->depth--;
      return 0;
    }
    mutex_set_owner(mutex, 0);
  }
  mutex_let_go(mutex);
  return 0;
}

#endif
