/* Says so when the kernel kills this process for the memory limit of its control group. */
#ifndef UHYVE_MEMORY_WATCH_H
#define UHYVE_MEMORY_WATCH_H

#include <stdint.h>

/* Called before a guest's memory grows: where a control group allows less than ram_bytes, starts a
 * small process that waits for the end of this one. If the end was a kill for the limit, it says
 * so on standard error. Only the first call does anything; what fails is left undone. Costs a tenth
 * of a millisecond, so it is not for programs that stay small. Callers exclude each other. Where
 * the kernel kills whole groups (memory.oom.group) nobody is left to say it. */
void memory_watch_start(uint64_t ram_bytes);

/* Ends the watch, before this process ends of its own accord. Safe in signal handlers. */
void memory_watch_stop(void);

#endif
