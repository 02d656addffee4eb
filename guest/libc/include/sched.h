/* Scheduling: policies, priorities, sets of CPUs. A pid names a thread, as on Linux: 0 or its own
 * number is the calling one. */
#ifndef _SCHED_H
#define _SCHED_H

#include <sys/_timespec.h>
#include <sys/cdefs.h>
#include <sys/sched.h>
#include <sys/types.h>

__BEGIN_DECLS

int sched_yield(void);
int sched_get_priority_max(int __policy);
int sched_get_priority_min(int __policy);
int sched_getparam(pid_t __pid, struct sched_param *__param);
int sched_setparam(pid_t __pid, const struct sched_param *__param);
int sched_getscheduler(pid_t __pid);
int sched_setscheduler(pid_t __pid, int __policy, const struct sched_param *__param);
int sched_rr_get_interval(pid_t __pid, struct timespec *__interval);

#if __GNU_VISIBLE
int sched_getcpu(void);
int getcpu(unsigned int *__cpu, unsigned int *__node);
int sched_getaffinity(pid_t __pid, size_t __set_bytes, cpu_set_t *__set);
int sched_setaffinity(pid_t __pid, size_t __set_bytes, const cpu_set_t *__set);
#endif

__END_DECLS

#endif
