/* Synchronisation of tasks of the uhyve kernel library.
 *
 * Objects are plain structs that the program owns: all zero is a valid one, and there is nothing to
 * free. Their members are the library's. An object must stay where it is while it is used.
 *
 * Functions that can fail return 0 or a negative error number of <errno.h>. Deadlines are
 * nanoseconds of CLOCK_MONOTONIC (uhyve_now()), or UHYVE_FOREVER. What blocks may be called by
 * tasks only, not by real-time functions, and not while a spinlock is held.
 */
#ifndef UHYVE_SYNC_H
#define UHYVE_SYNC_H

#include <stdint.h>
#include <sys/cdefs.h>

#include <uhyve/task.h>

__BEGIN_DECLS

/* ---- Spinlock: for a few instructions, also shared with real-time functions ----
 *
 * Its holder is neither interrupted nor moved to another CPU, and must not block. */

struct uhyve_spinlock
{
  uint32_t __locked;
  uint32_t __was_masked;
};

/* Interrupt-safe: holds interrupts of this CPU back, until the unlock. Locks may nest, and are
 * unlocked in the reverse order. Spins. */
void uhyve_spinlock_lock(struct uhyve_spinlock *lock);
void uhyve_spinlock_unlock(struct uhyve_spinlock *lock);

/* The same for code that nothing interrupts, because it holds a spinlock already. */
void uhyve_spinlock_lock_nested(struct uhyve_spinlock *lock);
void uhyve_spinlock_unlock_nested(struct uhyve_spinlock *lock);

/* ---- Mutex ---- */

enum uhyve_mutex_kind
{
  UHYVE_MUTEX_NORMAL,     /* its holder must not lock it again, nor another task unlock it */
  UHYVE_MUTEX_RECURSIVE,  /* its holder may lock it again, and unlocks it as often */
  UHYVE_MUTEX_ERRORCHECK, /* both mistakes are reported */
};

struct uhyve_mutex
{
  uint64_t __state[4];
};

/* Needed for the other kinds only. The mutex is not in use. */
void uhyve_mutex_init(struct uhyve_mutex *mutex, enum uhyve_mutex_kind kind);

/* Blocks while another task holds it. -EDEADLK: the caller does (error-checking); -EAGAIN: locked
 * too often (recursive). */
int uhyve_mutex_lock(struct uhyve_mutex *mutex);

/* The same up to the deadline: -ETIMEDOUT. */
int uhyve_mutex_lock_until(struct uhyve_mutex *mutex, uint64_t deadline_ns);

/* Does not block: -EBUSY. */
int uhyve_mutex_try_lock(struct uhyve_mutex *mutex);

/* Does not block. -EPERM: the caller does not hold it (not from a normal one). */
int uhyve_mutex_unlock(struct uhyve_mutex *mutex);

/* ---- Counting semaphore ---- */

#define UHYVE_SEMAPHORE_MAX INT32_MAX

struct uhyve_semaphore
{
  uint64_t __state[2];
};

/* units: up to UHYVE_SEMAPHORE_MAX. The semaphore is not in use. */
void uhyve_semaphore_init(struct uhyve_semaphore *semaphore, uint32_t units);

/* Takes a unit; blocks until there is one or the deadline has passed: -ETIMEDOUT. */
int uhyve_semaphore_wait(struct uhyve_semaphore *semaphore, uint64_t deadline_ns);

/* Does not block: -EAGAIN when there is none. */
int uhyve_semaphore_try_wait(struct uhyve_semaphore *semaphore);

/* Gives a unit and wakes a task that waits for it. Does not block; in real-time functions too.
 * -EOVERFLOW: there are too many. */
int uhyve_semaphore_post(struct uhyve_semaphore *semaphore);

/* How many there were a moment ago. */
uint32_t uhyve_semaphore_units(const struct uhyve_semaphore *semaphore);

/* ---- Condition variable ---- */

struct uhyve_condition
{
  uint64_t __state[2];
};

/* Unlocks the mutex, blocks until a signal or broadcast or the deadline (-ETIMEDOUT), and locks the
 * mutex again, however it ends. May return 0 without a reason: the caller looks again at what it
 * waits for. All who wait at one time use one mutex. -EPERM: the caller does not hold it. */
int uhyve_condition_wait(struct uhyve_condition *condition, struct uhyve_mutex *mutex,
                         uint64_t deadline_ns);

/* Wakes one waiter, of the highest priority; wakes all. Neither blocks. */
void uhyve_condition_signal(struct uhyve_condition *condition);
void uhyve_condition_broadcast(struct uhyve_condition *condition);

/* Blocks until waiters that were woken have left the condition: then its memory may be freed. */
void uhyve_condition_destroy(struct uhyve_condition *condition);

/* ---- Futex: what all of these stand on ---- */

/* Blocks if *word is still `expected`, until a wake-up. -EAGAIN: it is not; -ETIMEDOUT; -EINTR: a
 * handler of a signal has run. */
int uhyve_futex_wait(uint32_t *word, uint32_t expected, uint64_t deadline_ns);

/* Wakes up to `count` tasks that wait for the word, the highest priority first; returns how many.
 * Does not block; in real-time functions too. */
int uhyve_futex_wake(uint32_t *word, int count);

__END_DECLS

#endif
