/* The CPU of a unit test of the kernel library: a thread of the host. */
#include "arch/x86_64/cpu.h"

#include <sched.h>

#include "sched/backoff.h"
#include "sched/spinlock.h"

_Thread_local struct percpu hosted_cpu;

void cpu_run_pending(void)
{
  hosted_cpu.area.pending = 0;
}

void spinlock_wait(struct spinlock *lock)
{
  while (__atomic_load_n(&lock->locked, __ATOMIC_RELAXED) != 0)
    sched_yield();
}

bool backoff_wait(struct backoff *backoff)
{
  (void) backoff;
  sched_yield();
  return true;
}

void backoff_yield(void)
{
  sched_yield();
}
