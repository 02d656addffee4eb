/* From pthread_kill() to the first instruction of the handler, in a thread that computes on another
 * CPU: median and 99th percentile. */
#include <signal.h>
#include <stdbool.h>

#include "threads.h"

#define SIGNALS 2000

static _Atomic uint64_t handled_at;
static atomic_bool over;
static uint64_t took[SIGNALS];

static void note(int number)
{
  (void) number;
  atomic_store(&handled_at, measure_now_cycles());
}

static void *compute(void *argument)
{
  while (!atomic_load_explicit(&over, memory_order_relaxed))
    ;
  return argument;
}

int main(void)
{
  cpu_set_t cpus[2];
  struct sigaction action = {.sa_handler = note};
  threads_find_cpus(cpus, 2);
  threads_pin_self(&cpus[0]);
  measure_check(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
  pthread_t thread = threads_start_on(&cpus[1], compute, NULL);
  for (int i = 0; i < SIGNALS; i++)
  {
    atomic_store(&handled_at, 0);
    uint64_t begin = measure_now_cycles();
    measure_check(pthread_kill(thread, SIGUSR1) == 0, "pthread_kill");
    uint64_t end;
    while ((end = atomic_load(&handled_at)) == 0)
      ;
    took[i] = end > begin ? end - begin : 0;
  }
  atomic_store(&over, true);
  threads_join(thread);
  measure_print("signal_two_cpus", (double) measure_percentile(took, SIGNALS, 50), "cycles");
  measure_print("signal_two_cpus_p99", (double) measure_percentile(took, SIGNALS, 99), "cycles");
  return 0;
}
