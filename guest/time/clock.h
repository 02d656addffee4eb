/* Time from the TSC: no call leaves the guest. */
#ifndef GUEST_TIME_CLOCK_H
#define GUEST_TIME_CLOCK_H

#include <stdint.h>

void clock_init(void);

/* Nanoseconds since the guest's start information was made. */
uint64_t clock_elapsed_ns(void);

/* CLOCK_MONOTONIC of the host at the start, carried on by the TSC. */
uint64_t clock_monotonic_ns(void);

/* CLOCK_REALTIME of the host. Whoever asks later than a second after the start has the monitor keep
 * the guest's in step from then on: the one hypercall that this takes. */
uint64_t clock_realtime_ns(void);

/* Resolution of the clocks: one TSC cycle, at least 1 ns. */
uint64_t clock_resolution_ns(void);

/* The TSC when clock_monotonic_ns() reaches a point, not before; UINT64_MAX for UINT64_MAX. */
uint64_t clock_tsc_of_ns(uint64_t monotonic_ns);

/* What the nucleus sets the timer to for a deadline: that, or where the APIC counts, ticks of it. 0
 * disarms. */
uint64_t clock_timer_value(uint64_t deadline_tsc);

/* Lengths of time. */
uint64_t clock_cycles_of_ns(uint64_t ns);
uint64_t clock_ns_of_cycles(uint64_t cycles);

#endif
