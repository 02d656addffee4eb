/* Clocks and sleep. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "arch/x86_64/cpu.h"
#include "posix/sys.h"
#include "sched/task.h"
#include "signal/delivery.h"
#include "time/clock.h"

#define NS_PER_S 1000000000ull

/* Linux's limit for a time value: what fits in 64 bits of nanoseconds. */
#define S_MAX (INT64_MAX / (int64_t) NS_PER_S)

static bool clock_read(clockid_t clock, uint64_t *now_ns)
{
  switch (clock)
  {
  case CLOCK_REALTIME:
  case CLOCK_REALTIME_COARSE:
    *now_ns = clock_realtime_ns();
    return true;
  case CLOCK_MONOTONIC:
  case CLOCK_MONOTONIC_RAW:
  case CLOCK_MONOTONIC_COARSE:
  case CLOCK_BOOTTIME:
    *now_ns = clock_monotonic_ns();
    return true;
  case CLOCK_PROCESS_CPUTIME_ID:
    *now_ns = tasks_cpu_time_ns();
    return true;
  case CLOCK_THREAD_CPUTIME_ID:
    *now_ns = task_cpu_time_ns(task_current());
    return true;
  default:
    return (clock & 7) == 6 && (long) clock < 0 &&
           task_cpu_time_of_id(TASK_OF_CLOCK(clock), now_ns);
  }
}

static struct timespec timespec_from_ns(uint64_t ns)
{
  return (struct timespec){.tv_sec = (time_t) (ns / NS_PER_S), .tv_nsec = (long) (ns % NS_PER_S)};
}

static bool timespec_is_valid(const struct timespec *value)
{
  return value->tv_sec >= 0 && value->tv_nsec >= 0 && value->tv_nsec < (long) NS_PER_S;
}

/* Saturates; the value is valid. */
static uint64_t timespec_to_ns(const struct timespec *value)
{
  if (value->tv_sec >= S_MAX)
    return INT64_MAX;
  return (uint64_t) value->tv_sec * NS_PER_S + (uint64_t) value->tv_nsec;
}

int sys_clock_gettime(clockid_t clock, struct timespec *now)
{
  uint64_t now_ns;
  if (!clock_read(clock, &now_ns))
    return -EINVAL;
  *now = timespec_from_ns(now_ns);
  return 0;
}

int sys_clock_getres(clockid_t clock, struct timespec *resolution)
{
  uint64_t now_ns;
  if (!clock_read(clock, &now_ns))
    return -EINVAL;
  if (resolution != NULL)
    *resolution = timespec_from_ns(clock_resolution_ns());
  return 0;
}

/* -EINTR: a handler has run. Masked, so that none comes between the look and the sleep. */
static int sleep_until(uint64_t end_ns)
{
  struct signal_mark mark = signal_mark();
  int error;
  do
  {
    uint32_t was_masked = cpu_mask_save();
    error = signal_sleep_again(&mark) ? task_sleep_until_ns(end_ns) : -EINTR;
    cpu_mask_restore(was_masked);
  } while (error == -EINTR && signal_sleep_again(&mark));
  return error;
}

int sys_clock_nanosleep(clockid_t clock, int flags, const struct timespec *request,
                        struct timespec *remaining)
{
  uint64_t now_ns;
  if ((long) clock < 0)
    return -ENOTSUP;
  if (!clock_read(clock, &now_ns) || !timespec_is_valid(request) ||
      clock == CLOCK_THREAD_CPUTIME_ID)
    return -EINVAL;
  /* Nothing wakes a task when others have used processor time. */
  if (clock == CLOCK_PROCESS_CPUTIME_ID)
    return -EOPNOTSUPP;
  uint64_t request_ns = timespec_to_ns(request);
  uint64_t wait_ns = request_ns;
  if ((flags & TIMER_ABSTIME) != 0)
    wait_ns = request_ns > now_ns ? request_ns - now_ns : 0;
  uint64_t begin_ns = clock_monotonic_ns();
  uint64_t end_ns = wait_ns > INT64_MAX - begin_ns ? INT64_MAX : begin_ns + wait_ns;
  int error = wait_ns > 0 ? sleep_until(end_ns) : 0;
  if (error != 0 && (flags & TIMER_ABSTIME) == 0 && remaining != NULL)
  {
    now_ns = clock_monotonic_ns();
    *remaining = timespec_from_ns(end_ns > now_ns ? end_ns - now_ns : 0);
  }
  return error;
}
