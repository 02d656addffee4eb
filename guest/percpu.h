/* What the kernel library keeps for each CPU, at GS. */
#ifndef GUEST_PERCPU_H
#define GUEST_PERCPU_H

#include <stdint.h>

#include "hypercalls/start_info.h"

struct task;
struct cpu_queue;
struct malloc_cache;

struct percpu
{
  struct uhyve_upcall_area area; /* shared with the nucleus */

  struct task *current;              /* the task that runs here */
  struct cpu_queue *queue;           /* run queue, timers: sched/ */
  struct malloc_cache *malloc_cache; /* libc/malloc.c; null until it is used */
};

_Static_assert(sizeof(struct percpu) <= 4096, "the monitor gives each CPU a page");

#endif
