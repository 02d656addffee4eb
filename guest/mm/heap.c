/* The application heap: a break; memory below it comes on first touch. */
#include "mm/heap.h"

#include <stdint.h>

#include "hypercalls/start_info.h"
#include "mm/virtual.h"
#include "sched/futex.h"

static uint64_t heap_break = UHYVE_HEAP_BASE;

/* A lock that sleeps, for moving the break may make hypercalls. */
static uint32_t heap_lock;

#define LOCK_FREE    0u
#define LOCK_TAKEN   1u
#define LOCK_WAITERS 2u /* taken, and perhaps somebody waits */

static void lock(void)
{
  uint32_t state = LOCK_FREE;
  if (__atomic_compare_exchange_n(&heap_lock, &state, LOCK_TAKEN, false, __ATOMIC_ACQUIRE,
                                  __ATOMIC_RELAXED))
    return;
  while (__atomic_exchange_n(&heap_lock, LOCK_WAITERS, __ATOMIC_ACQUIRE) != LOCK_FREE)
    futex_wait(&heap_lock, LOCK_WAITERS, FUTEX_FOREVER);
}

static void unlock(void)
{
  if (__atomic_exchange_n(&heap_lock, LOCK_FREE, __ATOMIC_RELEASE) == LOCK_WAITERS)
    futex_wake(&heap_lock, 1);
}

void *heap_move_break(ptrdiff_t bytes)
{
  lock();
  uint64_t old = heap_break;
  uint64_t moved = old + (uint64_t) bytes;
  if ((bytes < 0) != (moved < old) || (bytes != 0 && virtual_set_heap_end(moved) != 0))
    old = 0;
  else
    heap_break = moved;
  unlock();
  return (void *) old; /* NOLINT(performance-no-int-to-ptr) */
}
