/* What the monitor said at the start, for the rest of the kernel library. */
#ifndef GUEST_START_INFO_H
#define GUEST_START_INFO_H

#include "hypercalls/start_info.h"

/* Set by boot() before anything else; never null after. */
extern struct uhyve_start_info *start_info;

#endif
