/* The inside of real-time tasks: what a CPU's server runs, and what its parts give each other.
 * Masked, unless they say otherwise. */
#ifndef GUEST_SCHED_REALTIME_SERVER_H
#define GUEST_SCHED_REALTIME_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/realtime.h"
#include "sched/sched.h"

struct realtime
{
  struct task *server;
  bool is_waiting;     /* the server has nothing to do */
  uint32_t is_ready;   /* it can take starts; a futex */
  struct heap pending; /* key: lowest first, so highest priority */
  struct realtime_task *sources[REALTIME_SOURCES];
};

/* ---- realtime.c ---- */

/* The priority of what goes first; 0: nothing waits. */
static inline unsigned int realtime_best(const struct realtime *realtime)
{
  const struct realtime_task *first = (const struct realtime_task *) realtime->pending.first;
  return first != NULL ? first->priority : 0;
}

/* Has the server look, if something goes before what runs here. */
void realtime_look(struct percpu *cpu);

/* On the server's stack: runs all that goes before the current level, not masked meanwhile. */
void realtime_run_all(struct percpu *cpu);

/* What a task's timer calls. */
void realtime_expire(struct timer *timer, struct percpu *cpu);

/* ---- realtime_server.c; not masked ---- */

/* Makes a CPU's server, which begins with entry(). Blocks until it can take starts. */
int realtime_make_server(unsigned int cpu, void *(*entry)(void *argument));

/* Creates a task that stays on one CPU, of the highest priority there is for tasks. */
int realtime_create_on(struct task **task, unsigned int cpu, bool detached,
                       void *(*entry)(void *argument), void *argument);

#endif
