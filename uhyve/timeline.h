/* When each step of a launch was done. */
#ifndef UHYVE_TIMELINE_H
#define UHYVE_TIMELINE_H

#include <stdint.h>
#include <stdio.h>

enum timeline_point
{
  TIMELINE_EXEC,    /* the monitor's process began */
  TIMELINE_MONITOR, /* its main() */
  TIMELINE_ELF,
  TIMELINE_VM,
  TIMELINE_VCPU,
  TIMELINE_MEMORY,
  TIMELINE_RUN,   /* the first vCPU enters the guest */
  TIMELINE_RING3, /* the guest's first instruction in ring 3 */
  TIMELINE_MAIN,
  TIMELINE_EXIT,  /* the guest calls exit() */
  TIMELINE_ENDED, /* the monitor knows */
  TIMELINE_GONE,  /* the VM is destroyed */
  TIMELINE_POINTS
};

/* TSC of each point, 0 if it was not reached. */
struct timeline
{
  uint64_t tsc[TIMELINE_POINTS];
  uint64_t start_cpu_ns; /* processor time of the process when main() began */
};

/* The first call of main(). */
void timeline_start(struct timeline *timeline);

/* Once the TSC's frequency is known: places the process's start before main() by the processor
 * time it had used until then, the kernel's for exec included. */
void timeline_set_frequency(struct timeline *timeline, uint64_t tsc_khz);

void timeline_mark(struct timeline *timeline, enum timeline_point point);

/* A point the guest has noted: not trusted, dropped unless it lies between its neighbours. */
void timeline_set(struct timeline *timeline, enum timeline_point point, uint64_t tsc);

/* Prints the points as a table with bars. */
void timeline_print(FILE *out, const struct timeline *timeline, uint64_t tsc_khz);

#endif
