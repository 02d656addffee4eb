/* Tasks of the uhyve kernel library.
 *
 * A task is a thread with a name and one of 32 priorities. On each CPU the ready task of the
 * highest priority runs; tasks of one priority share the CPU by time slices, and the one that has
 * run least goes first. Tasks and POSIX threads are the same things: each may use both interfaces.
 *
 * Functions that can fail return 0 or a negative error number of <errno.h>. Times are nanoseconds
 * of CLOCK_MONOTONIC. Unless it says so, a function does not block.
 */
#ifndef UHYVE_TASK_H
#define UHYVE_TASK_H

#include <stdint.h>
#include <sys/cdefs.h>

__BEGIN_DECLS

#define UHYVE_PRIORITIES       32 /* 0 to 31, the higher number first */
#define UHYVE_PRIORITY_DEFAULT 16 /* main()'s */
#define UHYVE_ANY_CPU          (-1)
#define UHYVE_FOREVER          UINT64_MAX /* a deadline that never comes */

struct uhyve_task;

/* Starts a task that runs entry(argument) with a stack of its own.
 *
 * task: where to store it, before it runs; it is the caller's until uhyve_task_join(). Null: nobody
 * will join the task, which is freed when it ends. name: copied, up to 15 characters; may be null.
 * cpu: the CPU that it stays on, or UHYVE_ANY_CPU: an idle one, if there is one. -EAGAIN: no
 * memory. -EINVAL: no such priority or CPU. */
int uhyve_task_create(struct uhyve_task **task, const char *name, unsigned int priority, int cpu,
                      void *(*entry)(void *), void *argument);

/* Blocks until the task ends or the deadline has passed, then frees the task; *result (result may
 * be null) is what its function returned. -ETIMEDOUT; -EDEADLK: it is the caller; -EINVAL: another
 * task joins it, or it was made to be joined by nobody. */
int uhyve_task_join(struct uhyve_task *task, void **result, uint64_t deadline_ns);

/* Ends the calling task. With the last one the program ends, status 0. */
_Noreturn void uhyve_task_exit(void *result);

/* Lets another ready task of at least the caller's priority run on this CPU. */
void uhyve_task_yield(void);

/* Both block: for so long, until then. */
void uhyve_task_sleep(uint64_t duration_ns);
void uhyve_task_sleep_until(uint64_t deadline_ns);

/* The calling task; not to be freed. */
struct uhyve_task *uhyve_task_current(void);

/* A number that no other live task has; main()'s task has 1. */
int uhyve_task_id(const struct uhyve_task *task);

/* Valid as long as the task. */
const char *uhyve_task_name(const struct uhyve_task *task);

unsigned int uhyve_task_priority(const struct uhyve_task *task);

/* May switch tasks. -EINVAL: no such priority. */
int uhyve_task_set_priority(struct uhyve_task *task, unsigned int priority);

/* The task stays on this CPU, or UHYVE_ANY_CPU. The caller has moved when the call returns, another
 * task as soon as its CPU has noticed, or when it wakes. -EINVAL: no such CPU; -ENOMEM. */
int uhyve_task_set_cpu(struct uhyve_task *task, int cpu);

/* The CPU that the caller runs on, which may change at any time; how many there are. */
unsigned int uhyve_cpu(void);
unsigned int uhyve_cpu_count(void);

/* What CLOCK_MONOTONIC shows: for deadlines. */
uint64_t uhyve_now(void);

__END_DECLS

#endif
