/* Timers of a CPU, on its one-shot deadline timer. */
#include "sched/timer.h"

#include <stddef.h>

void timer_set(struct percpu *cpu, struct timer *timer, uint64_t deadline_tsc)
{
  timer->node.key = deadline_tsc;
  timer->is_set = true;
  heap_insert(&cpu->timers, &timer->node);
}

void timer_clear(struct percpu *cpu, struct timer *timer)
{
  if (!timer->is_set)
    return;
  heap_remove(&cpu->timers, &timer->node);
  timer->is_set = false;
}

void timers_run(struct percpu *cpu, uint64_t now_tsc)
{
  struct heap_node *node;
  while ((node = cpu->timers.first) != NULL && node->key <= now_tsc)
  {
    struct timer *timer = (struct timer *) node;
    timer_clear(cpu, timer);
    timer->expire(timer, cpu);
  }
}
