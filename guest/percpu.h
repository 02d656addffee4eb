/* What the kernel library keeps for each CPU, at GS. */
#ifndef GUEST_PERCPU_H
#define GUEST_PERCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "hypercalls/start_info.h"
#include "sched/pairing_heap.h"

struct task;
struct malloc_cache;
struct realtime;

/* What a CPU does, for those that may have to interrupt it. */
enum cpu_state
{
  CPU_STARTING, /* has not yet looked for work */
  CPU_RUNNING,
  CPU_AWAY,    /* its task is in the monitor */
  CPU_POLLING, /* idle, looks for work all the time */
  CPU_HALTED,  /* idle, until an interrupt */
};

/* Above the priorities of tasks: one that holds a real-time ceiling, and the real-time server. */
#define RUN_PRIORITY_CEILING  32
#define RUN_PRIORITY_REALTIME 33
#define RUN_PRIORITIES        34

/* Tasks that wait to run. */
struct run_queue
{
  uint64_t ready;   /* bit p: tasks of priority p wait */
  uint32_t waiting; /* how many in all */
  struct heap tasks[RUN_PRIORITIES];
};

struct percpu
{
  struct uhyve_upcall_area area; /* shared with the nucleus */

  /* This CPU alone, masked. */
  struct task *current; /* what runs here; null: idle */
  bool reschedule;      /* another task may have to run */
  bool slice_is_over;
  uint32_t decay_epoch;   /* of all run times in the queue: sched/run_time.h */
  uint64_t run_since_tsc; /* when `current` was last charged */
  uint64_t slice_end_tsc;
  uint64_t armed_tsc;   /* what the deadline timer is set to */
  uint64_t rest_cycles; /* that tasks get at least until the next timer interrupt */
  uint64_t poll_cycles;
  struct heap timers;
  struct task *ended;                /* has just left this CPU for good */
  struct task *moved;                /* has just left this CPU for another one */
  struct malloc_cache *malloc_cache; /* libc/malloc.c; null until it is used */
  struct realtime *realtime;         /* sched/realtime.c; null until it is used */
  unsigned int realtime_level;       /* sched/ceiling.c */

  uint32_t lone_yields; /* since the host had its turn; not masked */

  /* Others look at these. */
  _Alignas(64) uint32_t state; /* enum cpu_state */
  int32_t running_priority;    /* -1: idle */
  struct task *inbox;          /* tasks others have made ready, the last one first */
  uint32_t kicked;             /* an interrupt is on its way */

  _Alignas(64) uint32_t run_lock; /* struct spinlock, for the queue */
  struct run_queue queue;
};

_Static_assert(sizeof(struct percpu) <= 4096, "the monitor gives each CPU a page");

#endif
