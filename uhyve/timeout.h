/* --timeout and --kill-after: the guest gets SIGTERM when its time is over, and then SIGKILL. */
#ifndef UHYVE_TIMEOUT_H
#define UHYVE_TIMEOUT_H

#include <stdbool.h>

#include "options.h"

/* The time begins. Does nothing without these options. Returns 0 or a negative errno. */
int timeout_start(const struct options *options);

/* Safe in signal handlers. */
bool timeout_is_over(void);

#endif
