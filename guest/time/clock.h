/* Time from the TSC: no call leaves the guest. */
#ifndef GUEST_TIME_CLOCK_H
#define GUEST_TIME_CLOCK_H

#include <stdint.h>

void clock_init(void);

/* Nanoseconds since the guest's start information was made. */
uint64_t clock_elapsed_ns(void);

/* The same without the time slept: the program is alone on its CPU. */
uint64_t clock_busy_ns(void);

/* CLOCK_MONOTONIC and CLOCK_REALTIME of the host, carried on by the TSC. */
uint64_t clock_monotonic_ns(void);
uint64_t clock_realtime_ns(void);

/* Resolution of the clocks: one TSC cycle, at least 1 ns. */
uint64_t clock_resolution_ns(void);

/* Blocks until clock_monotonic_ns() has reached the deadline. */
void clock_sleep_until_ns(uint64_t deadline_monotonic_ns);

#endif
