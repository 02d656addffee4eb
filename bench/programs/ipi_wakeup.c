/* A thread on one CPU wakes one that sleeps on another, idle CPU: from sem_post to running. */
#include <semaphore.h>

#include "threads.h"

#define WAKE_UPS  500
#define SETTLE_NS 1000000u /* until the other CPU no longer polls, but is halted */

static sem_t semaphore;
static _Atomic uint64_t woken_at; /* 0: not yet */

static uint64_t to_running[WAKE_UPS];
static uint64_t in_post[WAKE_UPS];

static void *sleeper(void *argument)
{
  for (int i = 0; i < WAKE_UPS; i++)
  {
    measure_check(sem_wait(&semaphore) == 0, "sem_wait");
    atomic_store(&woken_at, measure_now_cycles());
  }
  return argument;
}

/* Busy, so that this CPU itself stays awake. */
static void settle(void)
{
  uint64_t begin_ns = measure_now_ns();
  while (measure_now_ns() - begin_ns < SETTLE_NS)
    __builtin_ia32_pause();
}

static void wake_once(int i)
{
  settle();
  atomic_store(&woken_at, 0);
  uint64_t begin = measure_now_cycles();
  measure_check(sem_post(&semaphore) == 0, "sem_post");
  in_post[i] = measure_now_cycles() - begin;
  uint64_t woken;
  while ((woken = atomic_load(&woken_at)) == 0)
    __builtin_ia32_pause();
  to_running[i] = woken > begin ? woken - begin : 0;
}

int main(void)
{
  cpu_set_t cpus[2];
  measure_check(sem_init(&semaphore, 0, 0) == 0, "sem_init");
  threads_find_cpus(cpus, 2);
  threads_pin_self(&cpus[0]);
  pthread_t thread = threads_start_on(&cpus[1], sleeper, NULL);
  for (int i = 0; i < WAKE_UPS; i++)
    wake_once(i);
  threads_join(thread);
  measure_print("ipi_wakeup", (double) measure_percentile(to_running, WAKE_UPS, 50), "cycles");
  measure_print("ipi_wakeup_p99", (double) measure_percentile(to_running, WAKE_UPS, 99), "cycles");
  measure_print("in_sem_post", (double) measure_percentile(in_post, WAKE_UPS, 50), "cycles");
  measure_print("operations", WAKE_UPS, "times");
  return 0;
}
