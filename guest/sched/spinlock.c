/* Waiting for a spinlock. */
#include "sched/spinlock.h"

#include "hypercall.h"
#include "sched/backoff.h"

void backoff_wait(struct backoff *backoff)
{
  cpu_relax();
  if (++backoff->spins < BACKOFF_SPINS)
    return;
  /* Whoever is waited for may be a CPU that the host does not run. */
  HC_BLOCK(struct hc_yield) block = {0};
  hypercall(HC_yield, &block);
  backoff->spins = 0;
}

void spinlock_wait(struct spinlock *lock)
{
  struct backoff backoff = BACKOFF_INIT;
  while (__atomic_load_n(&lock->locked, __ATOMIC_RELAXED) != 0)
    backoff_wait(&backoff);
}
