/* A short spin before a task sleeps, as long as earlier ones that ended well. */
#include "sched/spin.h"

#include "arch/x86_64/cpu.h"
#include "sched/task.h"

/* A pause takes 40 to 140 cycles: at most some 10 us, less than it takes to wake a task. */
#define SPINS_MAX 256u
#define SPINS_MIN 8u

/* One attempt in so many spins for the longest time, to learn whether that would pay again. */
#define PROBE_EVERY 16u

/* The history: below, the average number of turns of spins that ended well; above, attempts. */
#define AVERAGE_MASK 0xffffu
#define ATTEMPT      0x10000u

/* Until (*word == value) == equal. */
static inline bool spin(const uint32_t *word, uint32_t value, bool equal, uint32_t *history)
{
  if (!cpus_may_spin())
    return false;
  uint32_t past = __atomic_load_n(history, __ATOMIC_RELAXED);
  uint32_t average = past & AVERAGE_MASK;
  uint32_t limit = 2 * average + SPINS_MIN;
  if (limit > SPINS_MAX || past / ATTEMPT % PROBE_EVERY == 0)
    limit = SPINS_MAX;
  uint32_t turns = 0;
  bool happened = false;
  while (!happened && turns < limit)
  {
    cpu_relax();
    turns++;
    happened = (__atomic_load_n(word, __ATOMIC_RELAXED) == value) == equal;
  }
  /* Two CPUs may update at once and one update be lost: it is an estimate. */
  average = happened ? average - average / 4 + turns / 4 : average - (average + 3) / 4;
  __atomic_store_n(history, ((past & ~AVERAGE_MASK) + ATTEMPT) | average, __ATOMIC_RELAXED);
  return happened;
}

bool spin_until(const uint32_t *word, bool zero, uint32_t *history)
{
  return spin(word, 0, zero, history);
}

bool spin_while(const uint32_t *word, uint32_t value, uint32_t *history)
{
  return spin(word, value, false, history);
}
