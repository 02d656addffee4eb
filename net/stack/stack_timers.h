/* lwIP's timers: they run while there is something to time, and only then. The core is locked. */
#ifndef NET_STACK_TIMERS_H
#define NET_STACK_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#define NET_TIMERS_NEVER UINT64_MAX

/* Nobody looks at the clock: the next locked section has to begin with net_timers_begin(). */
extern bool net_timers_rest;

/* Tells lwIP how late it is, before it does something new. Timers run from now on. */
void net_timers_begin(void);

/* Runs what is due at this point of CLOCK_MONOTONIC. */
void net_timers_run(uint64_t now_ns);

/* When net_timers_run() is to be called next, or NET_TIMERS_NEVER. */
uint64_t net_timers_next_ns(void);

#endif
