/* POSIX's points in time as the scheduler's deadlines. */
#include "libc/deadline.h"

#include <errno.h>

#include "time/clock.h"

#define NS_PER_S 1000000000ull

/* Some 146 years: sums of two such times fit in 64 bits, and none is FUTEX_FOREVER. */
#define S_MAX (INT64_MAX / 2 / (int64_t) NS_PER_S)

int deadline_from(clockid_t clock, const struct timespec *until, uint64_t *deadline_ns)
{
  if ((clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) || until->tv_nsec < 0 ||
      until->tv_nsec >= (long) NS_PER_S)
    return -EINVAL;
  uint64_t until_ns = 0; /* long past */
  if (until->tv_sec >= 0)
  {
    int64_t s = until->tv_sec < S_MAX ? until->tv_sec : S_MAX;
    until_ns = (uint64_t) s * NS_PER_S + (uint64_t) until->tv_nsec;
  }
  if (clock == CLOCK_REALTIME)
  {
    uint64_t now_ns = clock_realtime_ns();
    until_ns = until_ns > now_ns ? clock_monotonic_ns() + (until_ns - now_ns) : 0;
  }
  *deadline_ns = until_ns;
  return 0;
}
