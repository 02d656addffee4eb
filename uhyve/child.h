/* A process of the monitor's own beside it. */
#ifndef UHYVE_CHILD_H
#define UHYVE_CHILD_H

#include <sys/types.h>

/* As fork(), but the child takes no signal: what a terminal sends to all of its processes is for
 * the guest. */
pid_t child_fork(void);

/* For the child: these descriptors get the numbers from `first` on, in fds too, and all behind them
 * are closed; a virtual machine lives as long as anybody has it open. Ends the process if that
 * fails. */
void child_keep_only(int first, int *fds, int count);

#endif
