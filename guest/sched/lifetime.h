/* The table of all tasks, from their creation until they are buried. */
#ifndef GUEST_SCHED_LIFETIME_H
#define GUEST_SCHED_LIFETIME_H

struct task;

/* Puts the first task into the table. */
void tasks_init(void);

#endif
