/* A parent for a monitor that the kernel may kill for its memory: to say so. */
#ifndef UHYVE_SUPERVISOR_H
#define UHYVE_SUPERVISOR_H

#include <stdint.h>

/* Where a control group's memory limit is below what the guest may use, goes on in a child; the
 * parent waits, forwards signals, and exits as the child did. If the kernel killed the child for
 * the limit, it says so, with status 137. Elsewhere returns at once. */
void supervisor_start(uint64_t guest_memory_bytes);

#endif
