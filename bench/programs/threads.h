/* Threads on chosen CPUs, for the programs that measure them. */
#ifndef BENCH_THREADS_H
#define BENCH_THREADS_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "measure.h"

/* The set with the nth CPU, from 0, of those the program has. Call before the first pinning. */
static inline void threads_find_cpus(cpu_set_t cpus[], int count)
{
  cpu_set_t all;
  measure_check(pthread_getaffinity_np(pthread_self(), sizeof(all), &all) == 0,
                "pthread_getaffinity_np");
  int found = 0;
  for (size_t cpu = 0; cpu < (size_t) CPU_SETSIZE && found < count; cpu++)
  {
    if (!CPU_ISSET(cpu, &all))
      continue;
    CPU_ZERO(&cpus[found]);
    CPU_SET(cpu, &cpus[found]);
    found++;
  }
  measure_check(found == count, "finding enough CPUs");
}

static inline void threads_pin_self(const cpu_set_t *cpus)
{
  measure_check(pthread_setaffinity_np(pthread_self(), sizeof(*cpus), cpus) == 0,
                "pthread_setaffinity_np");
}

/* The thread is on its CPU from its first instruction. */
static inline pthread_t threads_start_on(const cpu_set_t *cpus, void *(*run)(void *),
                                         void *argument)
{
  pthread_t thread;
  pthread_attr_t attributes;
  measure_check(pthread_attr_init(&attributes) == 0 &&
                    pthread_attr_setaffinity_np(&attributes, sizeof(*cpus), cpus) == 0,
                "pthread_attr_setaffinity_np");
  measure_check(pthread_create(&thread, &attributes, run, argument) == 0, "pthread_create");
  pthread_attr_destroy(&attributes);
  return thread;
}

static inline void threads_join(pthread_t thread)
{
  measure_check(pthread_join(thread, NULL) == 0, "pthread_join");
}

/* A place where threads of different CPUs wait for each other. They spin: what is measured between
 * two meetings must not begin with a wake-up. */
struct threads_meeting
{
  unsigned int threads;
  _Atomic unsigned int arrived;
  _Atomic unsigned int round;
};

static inline void threads_meet(struct threads_meeting *meeting)
{
  unsigned int round = atomic_load(&meeting->round);
  if (atomic_fetch_add(&meeting->arrived, 1) + 1 == meeting->threads)
  {
    atomic_store(&meeting->arrived, 0);
    atomic_store(&meeting->round, round + 1);
    return;
  }
  while (atomic_load(&meeting->round) == round)
    __builtin_ia32_pause();
}

#endif
