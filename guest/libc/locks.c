/* Newlib's locks. There is one task: a lock only counts, so that misuse is seen. */
#include <stdlib.h>
#include <sys/lock.h>

#include "crash.h"

struct __lock
{
  int depth;
};

/* The locks that Newlib names. */
#define STATIC_LOCK(name)             \
  extern struct __lock __lock_##name; \
  struct __lock __lock_##name;

STATIC_LOCK(__sfp_recursive_mutex)
STATIC_LOCK(__atexit_recursive_mutex)
STATIC_LOCK(__at_quick_exit_mutex)
STATIC_LOCK(__malloc_recursive_mutex)
STATIC_LOCK(__env_recursive_mutex)
STATIC_LOCK(__tz_mutex)
STATIC_LOCK(__dd_hash_mutex)
STATIC_LOCK(__arc4random_mutex)

static void lock_create(_LOCK_T *lock)
{
  *lock = calloc(1, sizeof(**lock));
  if (*lock == NULL)
    panic("no memory for a lock of the C library");
}

void __retarget_lock_init(_LOCK_T *lock)
{
  lock_create(lock);
}

void __retarget_lock_init_recursive(_LOCK_T *lock)
{
  lock_create(lock);
}

void __retarget_lock_close(_LOCK_T lock)
{
  free(lock);
}

void __retarget_lock_close_recursive(_LOCK_T lock)
{
  free(lock);
}

void __retarget_lock_acquire(_LOCK_T lock)
{
  if (lock->depth++ != 0)
    panic("the C library waits for a lock it holds");
}

void __retarget_lock_acquire_recursive(_LOCK_T lock)
{
  lock->depth++;
}

int __retarget_lock_try_acquire(_LOCK_T lock)
{
  if (lock->depth != 0)
    return 0;
  lock->depth++;
  return 1;
}

int __retarget_lock_try_acquire_recursive(_LOCK_T lock)
{
  lock->depth++;
  return 1;
}

void __retarget_lock_release(_LOCK_T lock)
{
  lock->depth--;
}

void __retarget_lock_release_recursive(_LOCK_T lock)
{
  lock->depth--;
}
