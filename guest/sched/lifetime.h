/* The table of all tasks, from their creation until they are buried. */
#ifndef GUEST_SCHED_LIFETIME_H
#define GUEST_SCHED_LIFETIME_H

#include <stdbool.h>

struct task;

/* The first of all that are not buried, linked by all_next; guarded by the table's lock. */
extern struct task *all_tasks;

/* Calls a function for each task that is not buried, until one call returns true. Returns whether.
 * Masked; the table is locked meanwhile. */
bool tasks_visit(bool (*visit)(struct task *task, void *context), void *context);

/* Puts the first task into the table. */
void tasks_init(void);

/* Frees the memory of ended tasks that is kept for new ones, for who lacks memory. Returns whether
 * there was some. Not for masked code. */
bool tasks_free_kept(void);

#endif
