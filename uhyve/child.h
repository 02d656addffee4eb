/* A process of the monitor's own beside it. */
#ifndef UHYVE_CHILD_H
#define UHYVE_CHILD_H

#include <sys/types.h>

/* As fork(), but the child takes no signal: what a terminal sends to all of its processes is for
 * the guest. */
pid_t child_fork(void);

#endif
