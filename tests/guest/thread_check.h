/* What tests with threads have in common: priorities, CPUs, waiting, points in time. */
#ifndef TESTS_GUEST_THREAD_CHECK_H
#define TESTS_GUEST_THREAD_CHECK_H

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <uhyve/task.h>

#include "check.h"

#define ANY_CPU UHYVE_ANY_CPU
#define US      1000ull
#define MS      1000000ull

/* A point of a clock that far from now. */
static inline struct timespec in_ms(clockid_t clock, long ms)
{
  struct timespec now;
  clock_gettime(clock, &now);
  now.tv_nsec += ms * 1000000;
  now.tv_sec += now.tv_nsec / 1000000000;
  now.tv_nsec %= 1000000000;
  return now;
}

static inline void set_priority(pthread_t thread, int priority)
{
  struct sched_param param = {.sched_priority = priority};
  CHECK(pthread_setschedparam(thread, SCHED_RR, &param) == 0);
}

static inline void bind_to(pthread_t thread, unsigned int cpu)
{
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  CHECK(pthread_setaffinity_np(thread, sizeof(set), &set) == 0);
}

static inline pthread_t start_thread(void *(*run)(void *argument), void *argument, int priority,
                                     int cpu)
{
  struct uhyve_task *task = NULL;
  if (!CHECK(uhyve_task_create(&task, NULL, (unsigned int) priority, cpu, run, argument) == 0))
    exit(check_finish());
  return (pthread_t) task;
}

static inline void spin_ns(uint64_t ns)
{
  uint64_t end_ns = uhyve_now() + ns;
  while (uhyve_now() < end_ns)
    ;
}

/* Whether `*flag` is set within ten seconds, this thread asleep meanwhile. */
static inline bool comes_while_asleep(const volatile bool *flag)
{
  uint64_t end_ns = uhyve_now() + 10000 * MS;
  while (!*flag && uhyve_now() < end_ns)
    uhyve_task_sleep(MS);
  return *flag;
}

/* The same while this thread runs. */
static inline bool comes_while_running(const volatile bool *flag)
{
  uint64_t end_ns = uhyve_now() + 10000 * MS;
  while (!*flag && uhyve_now() < end_ns)
    ;
  return *flag;
}

#endif
