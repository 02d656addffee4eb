/* Says so when the kernel kills this process for the memory limit of its control group. */
#ifndef UHYVE_MEMORY_WATCH_H
#define UHYVE_MEMORY_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* Reads what control groups allow, while that can be read. If it is less than a guest of ram_bytes
 * may come to need there is something to do for memory_watch_start(). */
void memory_watch_prepare(uint64_t ram_bytes);

/* Whether memory_watch_start() will fork, and what has to stay open; -1: nothing. */
bool memory_watch_is_wanted(void);
int memory_watch_fd(void);

/* Called before a guest's memory grows: starts a small process that waits for the end of this one.
 * If the end was a kill for the limit, it says so on standard error. Only the first call does
 * anything; what fails is left undone. Costs a tenth of a millisecond, so it is not for programs
 * that stay small. Callers exclude each other. Where the kernel kills whole groups
 * (memory.oom.group) nobody is left to say it. */
void memory_watch_start(void);

/* Ends the watch, before this process ends of its own accord. Safe in signal handlers. */
void memory_watch_stop(void);

#endif
