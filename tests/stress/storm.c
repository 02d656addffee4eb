/* Interrupt storms: a real-time timer that is always due, and a source that another CPU raises all
 * the time. Ordinary tasks still progress, and everything is as before when the storm is over. */
#include <errno.h>

#include <uhyve/realtime.h>

#include "stress.h"

#define WORKERS 3
#define SOURCE  5

static uint32_t stop;
static uint64_t worked[WORKERS];
static uint64_t slept;
static uint64_t raised;

static void count_run(void *argument)
{
  __atomic_add_fetch((uint64_t *) argument, 1, __ATOMIC_RELAXED);
}

static bool stopped(void)
{
  return __atomic_load_n(&stop, __ATOMIC_RELAXED) != 0;
}

static void *work(void *argument)
{
  uint64_t *count = argument;
  while (!stopped())
  {
    for (volatile unsigned int i = 0; i < 100; i++)
      ;
    __atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
  }
  return argument;
}

static void *sleep_shortly(void *argument)
{
  struct random random = random_begin(1);
  while (!stopped())
  {
    uint64_t deadline_ns = uhyve_now() + random_below(&random, 500 * US);
    uhyve_task_sleep_until(deadline_ns);
    CHECK(uhyve_now() >= deadline_ns);
    __atomic_add_fetch(&slept, 1, __ATOMIC_RELAXED);
  }
  return argument;
}

static void *raise_all_the_time(void *argument)
{
  while (!stopped())
  {
    CHECK(uhyve_realtime_raise(0, SOURCE) == 0);
    raised++;
  }
  return argument;
}

/* Until each of them has gone on that far since now, whatever the machine. */
static void wait_for_progress(uint64_t steps)
{
  uint64_t before[WORKERS];
  uint64_t slept_before = __atomic_load_n(&slept, __ATOMIC_RELAXED);
  for (unsigned int i = 0; i < WORKERS; i++)
    before[i] = __atomic_load_n(&worked[i], __ATOMIC_RELAXED);
  for (unsigned int i = 0; i < WORKERS; i++)
  {
    while (__atomic_load_n(&worked[i], __ATOMIC_RELAXED) - before[i] < steps)
      uhyve_task_sleep(MS);
  }
  while (__atomic_load_n(&slept, __ATOMIC_RELAXED) - slept_before < steps / 10)
    uhyve_task_sleep(MS);
}

int main(int argc, char **argv)
{
  static uint64_t timer_runs, source_runs;
  struct uhyve_realtime *timer, *source;
  struct uhyve_task *tasks[WORKERS + 2] = {0};
  stress_begin(argc, argv, 100);
  bool has_raiser = uhyve_cpu_count() > 1;
  /* All on CPU 0, where the storm is: workers of one priority, the others above them. */
  CHECK(uhyve_task_set_priority(uhyve_task_current(), 20) == 0);
  CHECK(uhyve_task_set_cpu(uhyve_task_current(), 0) == 0);
  for (unsigned int i = 0; i < WORKERS; i++)
    CHECK(uhyve_task_create(&tasks[i], "worker", 10, 0, work, &worked[i]) == 0);
  CHECK(uhyve_task_create(&tasks[WORKERS], "sleeper", 12, 0, sleep_shortly, NULL) == 0);
  CHECK(uhyve_realtime_bind(&timer, 0, 3, count_run, &timer_runs) == 0);
  CHECK(uhyve_realtime_bind(&source, 0, 7, count_run, &source_runs) == 0);
  CHECK(uhyve_realtime_set_source(source, SOURCE) == 0);
  CHECK(uhyve_realtime_raise(0, SOURCE) == 0);
  if (has_raiser)
    CHECK(uhyve_task_create(&tasks[WORKERS + 1], "raiser", 10, 1, raise_all_the_time, NULL) == 0);
  do
  {
    CHECK(uhyve_realtime_set_timer(timer, uhyve_now(), 1) == 0);
    CHECK(uhyve_realtime_set_timer(timer, uhyve_now(), 1) == -EBUSY);
    uint64_t runs = __atomic_load_n(&timer_runs, __ATOMIC_RELAXED);
    uint64_t storm_end_ns = uhyve_now() + 300 * MS;
    do
      wait_for_progress(stress_size);
    while (stress_goes_on() && uhyve_now() < storm_end_ns);
    CHECK(__atomic_load_n(&timer_runs, __ATOMIC_RELAXED) - runs >= 3);
    CHECK(uhyve_realtime_clear_timer(timer) == 0);
    runs = __atomic_load_n(&timer_runs, __ATOMIC_RELAXED);
    wait_for_progress(stress_size);
    CHECK(__atomic_load_n(&timer_runs, __ATOMIC_RELAXED) == runs);
  } while (stress_goes_on());
  __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
  for (unsigned int i = 0; i < WORKERS + (has_raiser ? 2 : 1); i++)
    CHECK(uhyve_task_join(tasks[i], NULL, UHYVE_FOREVER) == 0);
  uint64_t runs = __atomic_load_n(&source_runs, __ATOMIC_RELAXED);
  CHECK(runs >= 1 && (!has_raiser || runs > 10) && runs <= raised + 1);
  CHECK(uhyve_realtime_free(source) == 0 && uhyve_realtime_free(timer) == 0);
  return stress_finish();
}
