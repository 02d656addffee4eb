/* One switch between two threads of one CPU, by sched_yield. A yield that comes back without the
 * other thread having run is no switch: its time counts, it does not. */
#include "threads.h"

#define YIELDS 30000
#define ROUNDS 15

/* Written by one thread, read by the other, which is never on another CPU: no atomics, which would
 * be measured too. */
static volatile uint64_t turns;
static volatile int stop;

static void *other(void *argument)
{
  (void) argument;
  while (!stop)
  {
    turns++;
    sched_yield();
  }
  return NULL;
}

/* Each turn of the other thread takes two switches. */
static uint64_t measure_switch(void)
{
  uint64_t before = turns;
  uint64_t begin = measure_now_cycles();
  for (int i = 0; i < YIELDS; i++)
    sched_yield();
  uint64_t took = measure_now_cycles() - begin;
  uint64_t happened = 2 * (turns - before);
  measure_check(happened > YIELDS / 10, "switching by sched_yield");
  return took * 1000 / happened;
}

int main(void)
{
  cpu_set_t cpu;
  uint64_t took[ROUNDS];
  threads_find_cpus(&cpu, 1);
  threads_pin_self(&cpu);
  pthread_t thread = threads_start_on(&cpu, other, NULL);
  while (turns == 0)
    sched_yield();
  measure_switch();
  for (int i = 0; i < ROUNDS; i++)
    took[i] = measure_switch();
  stop = 1;
  threads_join(thread);
  measure_print("yield_switch", (double) measure_percentile(took, ROUNDS, 50) / 1000, "cycles");
  return 0;
}
