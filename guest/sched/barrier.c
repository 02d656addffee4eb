/* Barrier: the last to arrive begins the next round, and with that wakes the others. */
#include "sched/barrier.h"

#include "sched/futex.h"
#include "sched/spin.h"

#define ROUND (1ull << 32)

/* In `inside`, once barrier_destroy() waits for the last to leave. */
#define DESTROYING 0x80000000u

/* Little endian: the high half comes second. */
static uint32_t *round_of(struct barrier *barrier)
{
  return (uint32_t *) (void *) &barrier->state + 1;
}

/* The last access of a task to the barrier, apart from its address. */
static void leave(struct barrier *barrier)
{
  if (__atomic_sub_fetch(&barrier->inside, 1, __ATOMIC_RELEASE) == DESTROYING)
    futex_wake(&barrier->inside, 1);
}

bool barrier_wait(struct barrier *barrier)
{
  uint32_t count = barrier->count;
  __atomic_add_fetch(&barrier->inside, 1, __ATOMIC_RELAXED);
  uint64_t state = __atomic_load_n(&barrier->state, __ATOMIC_RELAXED);
  uint64_t after;
  do
    after = (uint32_t) state + 1 == count ? (state & ~(ROUND - 1)) + ROUND : state + 1;
  while (!__atomic_compare_exchange_n(&barrier->state, &state, after, true, __ATOMIC_ACQ_REL,
                                      __ATOMIC_RELAXED));
  bool is_last = (uint32_t) after == 0;
  uint32_t round = (uint32_t) (state / ROUND);
  if (is_last)
    futex_wake(round_of(barrier), INT32_MAX);
  else
    spin_while(round_of(barrier), round, &barrier->history);
  while (!is_last && __atomic_load_n(round_of(barrier), __ATOMIC_ACQUIRE) == round)
    futex_wait(round_of(barrier), round, FUTEX_FOREVER);
  leave(barrier);
  return is_last;
}

void barrier_destroy(struct barrier *barrier)
{
  uint32_t inside = __atomic_or_fetch(&barrier->inside, DESTROYING, __ATOMIC_ACQUIRE);
  while (inside != DESTROYING)
  {
    futex_wait(&barrier->inside, inside, FUTEX_FOREVER);
    inside = __atomic_load_n(&barrier->inside, __ATOMIC_ACQUIRE);
  }
  __atomic_store_n(&barrier->inside, 0, __ATOMIC_RELAXED);
}
