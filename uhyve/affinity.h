/* Pins vCPU threads to host CPUs. */
#ifndef UHYVE_AFFINITY_H
#define UHYVE_AFFINITY_H

#include <sched.h>

/* Pins the calling thread, which runs vCPU number 'cpu': the CPUs of the list are dealt out in
 * turn. Returns 0 or a negative errno (-EINVAL: there is no such CPU here). */
int affinity_pin(const cpu_set_t *list, unsigned int cpu);

#endif
