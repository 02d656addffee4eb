/* Timers ten thousand deep, and a thousand sleeping threads: none is lost, none is early, they come
 * in order, those that are cleared do not come. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <uhyve/realtime.h>
#include <uhyve/sync.h>

#include "stress.h"

#define MOST_TIMERS   10000
#define MOST_SLEEPERS 1000
#define MOST_CPUS     16

/* So late is broken, not slow. */
#define LATE_NS (30 * S)

struct alarm
{
  struct uhyve_realtime *task;
  uint64_t deadline_ns;
  uint32_t ran;
  bool cleared;
  unsigned int cpu;
};

static struct alarm alarms[MOST_TIMERS];
static unsigned int alarm_count;

/* Of each CPU; used by its real-time tasks, which are of one priority. */
static struct
{
  uint64_t last_ns;
  uint64_t ordered_from_ns; /* all later ones were set before this one was due */
  uint32_t ran, early, late, disordered;
} seen[MOST_CPUS];

static void see(const struct alarm *alarm, uint64_t now_ns)
{
  seen[alarm->cpu].ran++;
  seen[alarm->cpu].early += now_ns < alarm->deadline_ns ? 1 : 0;
  seen[alarm->cpu].late += now_ns > alarm->deadline_ns + LATE_NS ? 1 : 0;
  if (alarm->deadline_ns < seen[alarm->cpu].ordered_from_ns)
    return;
  seen[alarm->cpu].disordered += alarm->deadline_ns < seen[alarm->cpu].last_ns ? 1 : 0;
  seen[alarm->cpu].last_ns = alarm->deadline_ns;
}

static void ring(void *argument)
{
  struct alarm *alarm = argument;
  see(alarm, uhyve_now());
  /* Last: who sees that all rang looks at what was seen. */
  __atomic_store_n(&alarm->ran, alarm->ran + 1, __ATOMIC_RELEASE);
}

static void *bind_alarms(void *argument)
{
  unsigned int cpu = (unsigned int) (uintptr_t) argument;
  bool good = true;
  for (unsigned int i = cpu; i < alarm_count; i += uhyve_cpu_count())
  {
    alarms[i].cpu = cpu;
    good = good && uhyve_realtime_bind(&alarms[i].task, cpu, 5, ring, &alarms[i]) == 0;
  }
  CHECK(good);
  return argument;
}

static void *free_alarms(void *argument)
{
  bool good = true;
  for (unsigned int i = uhyve_cpu(); i < alarm_count; i += uhyve_cpu_count())
    good = good && uhyve_realtime_free(alarms[i].task) == 0;
  CHECK(good);
  return argument;
}

/* Sets all timers of one CPU, and clears some of them. */
static void *set_alarms(void *argument)
{
  unsigned int cpu = (unsigned int) (uintptr_t) argument;
  struct random random = random_begin(cpu);
  uint64_t begin_ns = uhyve_now();
  bool good = true;
  seen[cpu].ordered_from_ns = UINT64_MAX;
  seen[cpu].last_ns = 0;
  for (unsigned int i = cpu; i < alarm_count; i += uhyve_cpu_count())
  {
    /* Some are due at once, or at one point in time. */
    uint64_t delay_ns = random_below(&random, 300 * MS);
    if (random_below(&random, 10) == 0)
      delay_ns -= delay_ns % (20 * MS);
    alarms[i].ran = 0;
    alarms[i].cleared = false;
    alarms[i].deadline_ns = begin_ns + delay_ns;
    good = good && uhyve_realtime_set_timer(alarms[i].task, alarms[i].deadline_ns, 0) == 0;
  }
  __atomic_store_n(&seen[cpu].ordered_from_ns, uhyve_now(), __ATOMIC_RELAXED);
  for (unsigned int i = cpu; i < alarm_count; i += uhyve_cpu_count())
  {
    if (random_below(&random, 20) != 0)
      continue;
    good = good && uhyve_realtime_clear_timer(alarms[i].task) == 0;
    alarms[i].cleared = true;
  }
  CHECK(good);
  return argument;
}

static bool all_rang(void)
{
  bool all = true;
  for (unsigned int i = 0; i < alarm_count && all; i++)
    all = alarms[i].cleared || __atomic_load_n(&alarms[i].ran, __ATOMIC_ACQUIRE) != 0;
  return all;
}

/* What concerns a CPU is quick there. */
static void on_each_cpu(void *(*function)(void *) )
{
  struct uhyve_task *tasks[MOST_CPUS];
  for (unsigned int i = 0; i < uhyve_cpu_count(); i++)
    CHECK(uhyve_task_create(&tasks[i], NULL, 10, (int) i, function, (void *) (uintptr_t) i) == 0);
  for (unsigned int i = 0; i < uhyve_cpu_count(); i++)
    CHECK(uhyve_task_join(tasks[i], NULL, UHYVE_FOREVER) == 0);
}

static void check_alarms(void)
{
  on_each_cpu(set_alarms);
  uint64_t deadline_ns = uhyve_now() + LATE_NS;
  while (!all_rang() && uhyve_now() < deadline_ns)
    uhyve_task_sleep(10 * MS);
  CHECK(all_rang());
  bool once = true;
  uint32_t ran = 0;
  for (unsigned int i = 0; i < alarm_count; i++)
  {
    once = once && alarms[i].ran <= 1;
    ran += alarms[i].ran;
  }
  CHECK(once);
  for (unsigned int i = 0; i < uhyve_cpu_count(); i++)
  {
    CHECK(seen[i].early == 0 && seen[i].late == 0 && seen[i].disordered == 0);
    ran -= seen[i].ran;
    memset(&seen[i], 0, sizeof(seen[i]));
  }
  CHECK(ran == 0);
}

/* ---- Sleeping threads ---- */

static unsigned int sleeper_count;
static uint32_t woke;

/* Sleeps, or waits for what does not come, until many points in time. */
static void *sleep_often(void *argument)
{
  struct random random = random_begin(MOST_CPUS + (uintptr_t) argument);
  uint32_t never = 0;
  bool good = true;
  for (unsigned int i = 0; i < 4; i++)
  {
    uint64_t deadline_ns = uhyve_now() + random_below(&random, 100 * MS);
    if (i % 2 == 0)
      uhyve_task_sleep_until(deadline_ns);
    else
      good = good && uhyve_futex_wait(&never, 0, deadline_ns) == -ETIMEDOUT;
    uint64_t now_ns = uhyve_now();
    good = good && now_ns >= deadline_ns && now_ns - deadline_ns < LATE_NS;
  }
  __atomic_add_fetch(&woke, good ? 1 : 0, __ATOMIC_RELAXED);
  return argument;
}

static void check_sleepers(void)
{
  static pthread_t threads[MOST_SLEEPERS];
  pthread_attr_t attributes;
  bool good =
      pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, 32 << 10) == 0;
  woke = 0;
  for (uintptr_t i = 0; i < sleeper_count; i++)
    good = good && pthread_create(&threads[i], &attributes, sleep_often, (void *) i) == 0;
  for (unsigned int i = 0; good && i < sleeper_count; i++)
    good = pthread_join(threads[i], NULL) == 0;
  pthread_attr_destroy(&attributes);
  CHECK(good);
  CHECK(woke == sleeper_count);
}

int main(int argc, char **argv)
{
  stress_begin(argc, argv, MOST_TIMERS);
  alarm_count = stress_size < MOST_TIMERS ? stress_size : MOST_TIMERS;
  sleeper_count = alarm_count / (MOST_TIMERS / MOST_SLEEPERS);
  if (!CHECK(uhyve_cpu_count() <= MOST_CPUS))
    return stress_finish();
  on_each_cpu(bind_alarms);
  do
  {
    check_alarms();
    check_sleepers();
  } while (stress_goes_on());
  on_each_cpu(free_alarms);
  return stress_finish();
}
