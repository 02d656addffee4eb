/* Real-time tasks after the model of the Real-Time For the Masses framework (Eriksson et al., SIES
 * 2013): functions that timers and interrupts start, run to completion on one stack a CPU, the
 * higher priority first, with data guarded by priority ceilings instead of locks.
 *
 * A CPU's server, a task above all others, runs them. One that comes while a lower one runs is
 * nested on its stack. Errors are negative errno.
 */
#ifndef GUEST_SCHED_REALTIME_H
#define GUEST_SCHED_REALTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "percpu.h"
#include "sched/timer.h"

/* 1 to this; 0 is every task that is none of these. */
#define REALTIME_PRIORITIES 31

#define REALTIME_SOURCES    (UHYVE_VECTOR_END - UHYVE_VECTOR_SOURCES)

struct realtime_task
{
  struct heap_node node; /* among those that are to run */
  struct timer timer;
  void (*run)(void *argument);
  void *argument;
  unsigned int priority;
  uint32_t cpu;
  bool is_pending;
  uint64_t period_cycles; /* 0: once */
  uint64_t runs;
  uint64_t missed; /* started again before it had run */
};

/* Fields run, argument and priority are set by the caller, who owns the memory, which must be of
 * the kernel heap or static. Binds it to a CPU; makes that CPU's server if there is none yet.
 * -EINVAL, -ENOMEM. May block. */
int realtime_bind(struct realtime_task *task, unsigned int cpu);

/* Starts it at a point of CLOCK_MONOTONIC, and from then on each period_ns (0: once). A point that
 * has passed is now. -EBUSY when the timer is set. May move the caller to the task's CPU and back.
 */
int realtime_set_timer(struct realtime_task *task, uint64_t first_ns, uint64_t period_ns);

/* After these it does not start any more; when called by a task it has also ended. */
int realtime_clear_timer(struct realtime_task *task);

/* An interrupt source, 0 to REALTIME_SOURCES - 1 of the task's CPU, starts it; null: nothing does.
 */
int realtime_set_source(unsigned int cpu, unsigned int source, struct realtime_task *task);

/* Raises a source as a device would. In real-time tasks too; never blocks. */
int realtime_raise(unsigned int cpu, unsigned int source);

/* Nothing of that priority or below starts on this CPU until realtime_unlock() with the value
 * returned; of tasks, the caller stays where it is and must not block. In real-time tasks too. */
unsigned int realtime_lock(unsigned int ceiling);
void realtime_unlock(unsigned int former);

/* ---- For the scheduler; masked ---- */

/* The handler of an interrupt source. */
void realtime_interrupt(struct percpu *cpu, unsigned int source);

/* In the server, between two instructions of its own code: runs what goes before. */
void realtime_run_nested(struct percpu *cpu);

/* The same at the end of an upcall that has interrupted the server. */
struct trap_registers;
void realtime_nest(struct percpu *cpu, struct trap_registers *registers);

#endif
