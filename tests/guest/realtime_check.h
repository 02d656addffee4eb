/* What the tests of real-time tasks have in common. */
#ifndef TESTS_GUEST_REALTIME_CHECK_H
#define TESTS_GUEST_REALTIME_CHECK_H

#include <stdint.h>
#include <stdlib.h>

#include <uhyve/realtime.h>

#include "check.h"

#define CPU 0
#define US  1000ull
#define MS  1000000ull

static inline void spin_ns(uint64_t ns)
{
  uint64_t end_ns = uhyve_now() + ns;
  while (uhyve_now() < end_ns)
    ;
}

static inline bool wait_for(const volatile unsigned int *counter, unsigned int least)
{
  uint64_t end_ns = uhyve_now() + 5000 * MS;
  while (*counter < least && uhyve_now() < end_ns)
    uhyve_task_sleep(100 * US);
  return *counter >= least;
}

static inline struct uhyve_realtime *bind(unsigned int cpu, unsigned int priority,
                                          void (*run)(void *argument), void *argument)
{
  struct uhyve_realtime *task = NULL;
  if (!CHECK(uhyve_realtime_bind(&task, cpu, priority, run, argument) == 0))
    exit(check_finish());
  return task;
}

#endif
