/* Timers: a function called on the CPU it was set on, masked, at a point in time. */
#ifndef GUEST_SCHED_TIMER_H
#define GUEST_SCHED_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/cpu.h"
#include "percpu.h"
#include "sched/pairing_heap.h"
#include "time/clock.h"

struct timer
{
  struct heap_node node; /* key: TSC deadline */
  void (*expire)(struct timer *timer, struct percpu *cpu);
  bool is_set;
};

#define TIMER_NEVER UINT64_MAX

/* All masked, on the CPU of the timer. */
void timer_set(struct percpu *cpu, struct timer *timer, uint64_t deadline_tsc);
void timer_clear(struct percpu *cpu, struct timer *timer);

/* Calls what is due. */
void timers_run(struct percpu *cpu, uint64_t now_tsc);

/* The next point in time this CPU has to do something; TIMER_NEVER: none. */
static inline uint64_t timers_next_tsc(const struct percpu *cpu)
{
  return cpu->timers.first != NULL ? cpu->timers.first->key : TIMER_NEVER;
}

/* Sees to it that the deadline timer fires at that time or before. Setting it too early costs one
 * interrupt too many now and then; setting it each time would cost more. */
static inline void timer_arm(struct percpu *cpu, uint64_t deadline_tsc)
{
  if (deadline_tsc >= cpu->armed_tsc)
    return;
  cpu->armed_tsc = deadline_tsc;
  nucleus_call(NUCLEUS_TIMER_ARM, clock_timer_value(deadline_tsc), 0);
}

#endif
