/* POSIX's points in time as the scheduler's deadlines. */
#ifndef GUEST_LIBC_DEADLINE_H
#define GUEST_LIBC_DEADLINE_H

#include <stdint.h>
#include <time.h>

/* An absolute time of CLOCK_REALTIME or CLOCK_MONOTONIC in nanoseconds of CLOCK_MONOTONIC, by what
 * the clocks show now. 0 or -EINVAL. */
int deadline_from(clockid_t clock, const struct timespec *until, uint64_t *deadline_ns);

#endif
