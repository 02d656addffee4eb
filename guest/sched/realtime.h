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
  void (*run)(struct realtime_task *task);
  unsigned int priority;
  uint32_t cpu;
  bool is_pending;
  uint64_t next_ns;
  uint64_t period_ns; /* 0: once */
  uint64_t runs;
  uint64_t missed; /* starts that came before the last one had run */
};

/* Fields run and priority are set by the caller, who owns the memory, which must be of the kernel
 * heap or static. Binds it to a CPU. If that has no server yet, makes one: a task that begins with
 * entry(argument), which is to call realtime_serve(argument). -EINVAL; -EAGAIN: no memory. Blocks.
 */
int realtime_bind(struct realtime_task *task, unsigned int cpu, void *(*entry)(void *argument));
_Noreturn void realtime_serve(void *argument);

/* Starts it at a point of CLOCK_MONOTONIC, and from then on each period_ns (0: once). A point that
 * has passed is now. -EBUSY: the timer is set; -EINVAL: later than INT64_MAX.
 *
 * This and the next three block if the CPU is not this one; they return -EAGAIN (no memory), or
 * -EPERM to those that must not block: real-time tasks, who holds a ceiling or a spinlock. */
int realtime_set_timer(struct realtime_task *task, uint64_t first_ns, uint64_t period_ns);

/* The timer does not start it any more, nor what has not begun yet; when called by an ordinary task
 * it has also ended. */
int realtime_clear_timer(struct realtime_task *task);

/* An interrupt source, 0 to REALTIME_SOURCES - 1 of the task's CPU, starts it; null: nothing does.
 * -EINVAL. */
int realtime_set_source(unsigned int cpu, unsigned int source, struct realtime_task *task);

/* Clears timer and sources. Its memory is the caller's again, if that is an ordinary task. */
int realtime_stop(struct realtime_task *task);

/* Raises a source as a device would. In real-time tasks too; never blocks. */
int realtime_raise(unsigned int cpu, unsigned int source);

/* Nothing of that priority or below starts on this CPU until realtime_unlock() with the value
 * returned; of tasks, the caller stays where it is and must not block. In real-time tasks too. */
unsigned int realtime_lock(unsigned int ceiling);
void realtime_unlock(unsigned int former);

/* Whether the caller is an ordinary task without a ceiling or spinlock. */
bool realtime_may_block(void);

/* ---- For the scheduler; masked ---- */

/* The handler of an interrupt source. */
void realtime_interrupt(struct percpu *cpu, unsigned int source);

/* In the server, between two instructions of its own code: runs what goes before. */
void realtime_run_nested(struct percpu *cpu);

/* The same at the end of an upcall that has interrupted the server. */
struct trap_registers;
void realtime_nest(struct percpu *cpu, struct trap_registers *registers);

/* The running task, a server or with a ceiling, is about to block or to end: that ends the program,
 * unless it is a server with nothing to do. */
void realtime_check_block(const struct percpu *cpu);

#endif
