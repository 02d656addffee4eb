/* Puts seccomp filters in force, for the calling thread and what it starts. */
#ifndef UHYVE_SANDBOX_LOAD_FILTER_H
#define UHYVE_SANDBOX_LOAD_FILTER_H

#include "filters.h"

/* The thread has no-new-privs. Returns 0 or a negative errno: -ENOSYS or -EINVAL where the kernel
 * has no filters. */
int load_filter(const struct filter *filter);

#endif
