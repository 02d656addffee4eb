/* Mutexes that are robust, or whose holder inherits a priority or has their ceiling, in any
 * combination with a type. All of them share one lock, which is held for each operation.
 *
 * One that knows priorities is handed over to the first of those who wait, the highest priority
 * first; so nobody of a lower one takes it in between. For tasks, not for upcalls.
 */
#ifndef GUEST_SCHED_SPECIAL_MUTEX_H
#define GUEST_SCHED_SPECIAL_MUTEX_H

#include <stdbool.h>
#include <stdint.h>

#include "sched/mutex.h"

struct task;

struct special_mutex
{
  struct mutex mutex;         /* the kind with its flags, the depth; owner is a struct task */
  struct special_mutex *next; /* of those that its owner holds */
  struct task *waiters;       /* in the order they came */
};

/* Is it the running task that holds it? */
bool special_mutex_is_mine(const struct special_mutex *special);

/* 0; -EOWNERDEAD: it is held now, and its last holder has ended in the middle of something;
 * -ENOTRECOVERABLE; -ETIMEDOUT; -EDEADLK and -EAGAIN by its type; -EINVAL: the task's own priority
 * is above the ceiling. */
int special_mutex_lock(struct special_mutex *special, uint64_t deadline_ns);

/* The same with all the time there is, whatever the task's own priority is. */
int special_mutex_lock_above(struct special_mutex *special);

/* The same as special_mutex_lock() without waiting: -EBUSY. */
int special_mutex_try_lock(struct special_mutex *special);

/* 0 or -EPERM. */
int special_mutex_unlock(struct special_mutex *special);

/* What it guards is good again: 0, or -EINVAL when that was not in question. */
int special_mutex_make_consistent(struct special_mutex *special);

/* Of one that the running task holds. */
void special_mutex_set_ceiling(struct special_mutex *special, unsigned int ceiling);

/* Linked only into programs that use such mutexes, hence weak; hidden, for the linker makes a PLT
 * for other weak functions. The running task ends; a task's own priority has changed. */
#define SPECIAL_MUTEX_HOOK __attribute__((weak, visibility("hidden")))
SPECIAL_MUTEX_HOOK void special_mutex_abandon(void);
SPECIAL_MUTEX_HOOK void special_mutex_follow(struct task *task);

#endif
