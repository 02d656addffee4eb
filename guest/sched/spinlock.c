/* Waiting for a spinlock. */
#include "sched/spinlock.h"

#include "hypercall.h"
#include "sched/backoff.h"

void backoff_yield(void)
{
  HC_BLOCK(struct hc_yield) block = {0};
  hypercall(HC_yield, &block);
}

bool backoff_wait(struct backoff *backoff)
{
  cpu_relax();
  if (++backoff->spins < BACKOFF_SPINS)
    return false;
  backoff_yield();
  backoff->spins = 0;
  return true;
}

void spinlock_wait(struct spinlock *lock)
{
  struct backoff backoff = BACKOFF_INIT;
  while (__atomic_load_n(&lock->locked, __ATOMIC_RELAXED) != 0)
    backoff_wait(&backoff);
}
