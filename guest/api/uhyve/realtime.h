/* Real-time tasks of the uhyve kernel library.
 *
 * A real-time task is a function that a timer or an interrupt source starts. It belongs to one CPU
 * and has one of 31 priorities, the higher number first, all of them above every ordinary task: it
 * begins as soon as nothing of its priority or above runs on its CPU, in the middle of whatever
 * runs there, and runs to its end. Those it interrupts go on when it has returned, so that all
 * real-time tasks of a CPU share one stack. Data that tasks share is guarded by a priority ceiling
 * instead of a lock: nobody waits for it, so there is no deadlock, and a task is held back by
 * lower ones for one such section at most.
 *
 * (The model is that of Eriksson, Häggström, Aittamaa, Kruglyak, Lindgren: Real-Time For the
 * Masses, SIES 2013; the ceilings are from Baker: Stack-Based Scheduling of Realtime Processes,
 * Real-Time Systems 3, 1991.)
 *
 * What a real-time task may do. It must not block: if it calls what has to wait, the program ends
 * by SIGABRT. So it may use spinlocks, and post semaphores, but not lock mutexes, nor use streams
 * (printf), the heap (malloc) or pthreads, which do. Floating point works. errno is its own;
 * thread-local variables, and what functions of the C library keep between calls (strtok), are
 * shared by the real-time tasks of the CPU. They have a stack of 256 KiB, of which one that is
 * interrupted must have left 16 KiB and room for the vector registers. Memory that it touches first
 * costs it a page fault.
 *
 * Functions that can fail return 0 or a negative error number of <errno.h>. Times are nanoseconds
 * of CLOCK_MONOTONIC (uhyve_now()). Calls that may block block for microseconds, and only if the
 * CPU they are about is not the caller's; where the caller must not block, a real-time task or the
 * holder of a ceiling or spinlock, they return -EPERM instead.
 */
#ifndef UHYVE_REALTIME_H
#define UHYVE_REALTIME_H

#include <stdint.h>
#include <sys/cdefs.h>

#include <uhyve/task.h>

__BEGIN_DECLS

#define UHYVE_REALTIME_PRIORITIES 31 /* 1 to 31 */
#define UHYVE_REALTIME_SOURCES    32 /* 0 to 31, on each CPU */

struct uhyve_realtime;

/* Makes a real-time task that runs run(argument); nothing starts it yet.
 *
 * task: where to store it; it is the caller's until uhyve_realtime_free(). Blocks; for ordinary
 * tasks only. -EINVAL: no such CPU or priority; -EAGAIN: no memory; -EPERM. */
int uhyve_realtime_bind(struct uhyve_realtime **task, unsigned int cpu, unsigned int priority,
                        void (*run)(void *argument), void *argument);

/* Stops it and frees it: it does not run any more. Blocks; for ordinary tasks only. -EAGAIN: no
 * memory to do that on another CPU; -EPERM. */
int uhyve_realtime_free(struct uhyve_realtime *task);

/* ---- What starts it ---- */

/* Starts it at first_ns, or now if that has passed, and then every period_ns; 0: once. Periods are
 * counted from that first point, they do not drift. Of points that pass before the CPU gets to the
 * first of them, all but one are missed. Periods must leave time for what is to be done in them:
 * lower tasks get what is left. May block. -EBUSY: its timer is set; -EINVAL: above INT64_MAX;
 * -EAGAIN: no memory; -EPERM. */
int uhyve_realtime_set_timer(struct uhyve_realtime *task, uint64_t first_ns, uint64_t period_ns);

/* It does not start by its timer any more, nor a start that waits. In itself too. May block.
 * -EAGAIN: no memory; -EPERM. */
int uhyve_realtime_clear_timer(struct uhyve_realtime *task);

/* An interrupt source of its CPU starts it, and only it. A task may have many. May block. -EINVAL:
 * no such source; -EAGAIN: no memory; -EPERM. */
int uhyve_realtime_set_source(struct uhyve_realtime *task, unsigned int source);

/* The source starts nothing any more. The same errors. May block. */
int uhyve_realtime_clear_source(unsigned int cpu, unsigned int source);

/* Raises a source as a device does, from any CPU. On the caller's CPU the task has run when the
 * call returns, if it goes before the caller. Raised again before the other CPU has noticed, it is
 * raised once. Does not block. -EINVAL: no such CPU or source. */
int uhyve_realtime_raise(unsigned int cpu, unsigned int source);

/* ---- Data that they share ---- */

/* No real-time task of the priority `ceiling` or below starts on this CPU until the unlock, which
 * is given what the lock returned; nor does any other ordinary task run here. The ceiling of data
 * is the highest priority of those that use it. An ordinary task must be on their CPU already
 * (uhyve_task_set_cpu()), stays there, and must not block or end until the unlock: that ends the
 * program by SIGABRT. May nest, in the reverse order. Data that other CPUs use needs a spinlock.
 * Neither blocks; the unlock runs what has been held back. */
unsigned int uhyve_realtime_lock(unsigned int ceiling);
void uhyve_realtime_unlock(unsigned int former);

/* ---- Counters, since it was made ---- */

/* How often it has been run; the one that is running counts. */
uint64_t uhyve_realtime_runs(const struct uhyve_realtime *task);

/* Starts that came to nothing: one was waiting already, or the point in time had passed. */
uint64_t uhyve_realtime_missed(const struct uhyve_realtime *task);

__END_DECLS

#endif
