/* One switch between two threads of one CPU, by sched_yield. A yield that comes back without the
 * other thread having run is no switch: its time counts, it does not. */
#include "threads.h"

#define YIELDS 30000
#define ROUNDS 5

/* Written by both threads, which are never on two CPUs: no atomics, which would be measured too. */
static volatile int last_runner;
static volatile int ready;
static volatile int stop;
static volatile uint64_t switches[2];

static void yield_once(int self)
{
  sched_yield();
  if (last_runner == self)
    return;
  last_runner = self;
  switches[self]++;
}

static void *other(void *argument)
{
  (void) argument;
  ready = 1;
  while (!stop)
    yield_once(1);
  return NULL;
}

static uint64_t measure_switch(void)
{
  uint64_t before = switches[0] + switches[1];
  uint64_t begin = measure_now_cycles();
  for (int i = 0; i < YIELDS; i++)
    yield_once(0);
  uint64_t took = measure_now_cycles() - begin;
  uint64_t happened = switches[0] + switches[1] - before;
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
  while (!ready)
    sched_yield();
  measure_switch();
  for (int i = 0; i < ROUNDS; i++)
    took[i] = measure_switch();
  stop = 1;
  threads_join(thread);
  measure_print("yield_switch", (double) measure_percentile(took, ROUNDS, 50) / 1000, "cycles");
  return 0;
}
