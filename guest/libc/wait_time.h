/* How long poll(), select() and their like may wait, as a deadline of the scheduler. */
#ifndef GUEST_LIBC_WAIT_TIME_H
#define GUEST_LIBC_WAIT_TIME_H

#include <errno.h>
#include <stdint.h>
#include <time.h>

#include "sched/futex.h"
#include "time/clock.h"

#define WAIT_NS_PER_S  1000000000ull
#define WAIT_NS_PER_MS 1000000ull
#define WAIT_S_MAX     (INT64_MAX / 4 / (int64_t) WAIT_NS_PER_S)

/* 0: not at all, which takes no look at the clock. The nanoseconds may be more than a second. */
static inline uint64_t wait_deadline(int64_t s, uint64_t ns)
{
  if (s >= WAIT_S_MAX)
    return FUTEX_FOREVER;
  uint64_t wait_ns = (uint64_t) s * WAIT_NS_PER_S + ns;
  return wait_ns != 0 ? clock_monotonic_ns() + wait_ns : 0;
}

/* Below 0: for ever. */
static inline uint64_t wait_deadline_of_ms(int wait_ms)
{
  return wait_ms < 0 ? FUTEX_FOREVER : wait_deadline(0, (unsigned int) wait_ms * WAIT_NS_PER_MS);
}

/* Null: for ever. 0 or -EINVAL. */
static inline int wait_deadline_of(const struct timespec *wait, uint64_t *deadline_ns)
{
  *deadline_ns = FUTEX_FOREVER;
  if (wait == NULL)
    return 0;
  if (wait->tv_sec < 0 || wait->tv_nsec < 0 || wait->tv_nsec >= (long) WAIT_NS_PER_S)
    return -EINVAL;
  *deadline_ns = wait_deadline(wait->tv_sec, (uint64_t) wait->tv_nsec);
  return 0;
}

#endif
