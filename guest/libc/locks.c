/* Newlib's locks: mutexes of the kernel library, recursive ones or such that report misuse. */
#include <stdlib.h>
#include <sys/lock.h>

#include "crash.h"
#include "libc/locks.h"
#include "sched/mutex.h"
#include "time/clock.h"

struct __lock
{
  struct mutex mutex;
};

/* The locks that Newlib names. */
#define STATIC_LOCK(name, lock_kind)  \
  extern struct __lock __lock_##name; \
  struct __lock __lock_##name = {.mutex.kind = (lock_kind)};

STATIC_LOCK(__sfp_recursive_mutex, MUTEX_RECURSIVE)
STATIC_LOCK(__atexit_recursive_mutex, MUTEX_RECURSIVE)
STATIC_LOCK(__at_quick_exit_mutex, MUTEX_ERRORCHECK)
STATIC_LOCK(__malloc_recursive_mutex, MUTEX_RECURSIVE)
STATIC_LOCK(__env_recursive_mutex, MUTEX_RECURSIVE)
STATIC_LOCK(__tz_mutex, MUTEX_ERRORCHECK)
STATIC_LOCK(__dd_hash_mutex, MUTEX_ERRORCHECK)
STATIC_LOCK(__arc4random_mutex, MUTEX_ERRORCHECK)

/* The task that ends the program waits no longer than this for a lock. */
#define EXIT_PATIENCE_NS 100000000ull

static bool exiting;

void locks_set_exiting(void)
{
  __atomic_store_n(&exiting, true, __ATOMIC_RELAXED);
}

/* The locks of the three standard streams, which every program has: a start does without a heap. */
#define FIRST_LOCKS 3
static struct __lock first_locks[FIRST_LOCKS];
static unsigned int first_taken;

static void lock_create(_LOCK_T *lock, enum mutex_kind kind)
{
  unsigned int taken = FIRST_LOCKS;
  if (__atomic_load_n(&first_taken, __ATOMIC_RELAXED) < FIRST_LOCKS)
    taken = __atomic_fetch_add(&first_taken, 1, __ATOMIC_RELAXED);
  *lock = taken < FIRST_LOCKS ? &first_locks[taken] : calloc(1, sizeof(**lock));
  if (*lock == NULL)
    panic("no memory for a lock of the C library");
  (*lock)->mutex.kind = kind;
}

static void lock_close(_LOCK_T lock)
{
  if (lock < first_locks || lock >= first_locks + FIRST_LOCKS)
    free(lock);
}

void __retarget_lock_init(_LOCK_T *lock)
{
  lock_create(lock, MUTEX_ERRORCHECK);
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
  lock_create(lock, MUTEX_RECURSIVE);
}

void __retarget_lock_close(_LOCK_T lock)
{
  lock_close(lock);
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
  lock_close(lock);
}

/* It is not free, or its holder locks it again. */
static void acquire_slow(struct mutex *mutex)
{
  /* A thread may hold the lock for ever, such as one that reads from a terminal. What it guards is
   * written out as it is then. */
  uint64_t deadline_ns = __atomic_load_n(&exiting, __ATOMIC_RELAXED)
                             ? clock_monotonic_ns() + EXIT_PATIENCE_NS
                             : FUTEX_FOREVER;
  int error = mutex_lock_until(mutex, deadline_ns);
  if (error != 0 && error != -ETIMEDOUT)
    panic("the C library waits for a lock it holds");
}

static inline void acquire(struct mutex *mutex)
{
  if (__builtin_expect(mutex_try_lock(mutex) != 0, 0))
    acquire_slow(mutex);
}

void __retarget_lock_acquire(_LOCK_T lock)
{
  acquire(&lock->mutex);
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
  acquire(&lock->mutex);
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
  return mutex_try_lock(&lock->mutex) == 0;
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
  return mutex_try_lock(&lock->mutex) == 0;
}

/* Fails only where acquire_slow() has gone on without the lock. */
void __retarget_lock_release(_LOCK_T lock)
{
  mutex_unlock(&lock->mutex);
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
  mutex_unlock(&lock->mutex);
}
