/* Host CPUs: which ones vCPU threads run on, and how many there are. */
#ifndef UHYVE_AFFINITY_H
#define UHYVE_AFFINITY_H

#include <sched.h>

/* Pins the calling thread, which runs vCPU number 'cpu': the CPUs of the list are dealt out in
 * turn. Returns 0 or a negative errno (-EINVAL: there is no such CPU here). */
int affinity_pin(const cpu_set_t *list, unsigned int cpu);

/* How many host CPUs this process may use, however many the host has; 0 if it cannot be told. */
long affinity_count_own(void);

#endif
