/* POSIX's scheduling policies over the 32 priorities of tasks.
 *
 * SCHED_FIFO and SCHED_RR give a task the priority that is named, 0 to 31; SCHED_OTHER, whose only
 * one is 0 as on Linux, the default in the middle. Tasks of one priority share a CPU by time slices
 * under each of them.
 */
#ifndef GUEST_LIBC_SCHED_POLICY_H
#define GUEST_LIBC_SCHED_POLICY_H

#include <errno.h>
#include <sched.h>

#include "sched/task.h"

/* The greatest priority of a policy, the smallest is 0; or -EINVAL. */
static inline int sched_policy_max(int policy)
{
  switch (policy)
  {
  case SCHED_OTHER:
    return 0;
  case SCHED_FIFO:
  case SCHED_RR:
    return TASK_PRIORITIES - 1;
  default:
    return -EINVAL;
  }
}

/* The priority of a task, or -EINVAL. */
static inline int sched_task_priority(int policy, int priority)
{
  if (priority < 0 || priority > sched_policy_max(policy))
    return -EINVAL;
  return policy == SCHED_OTHER ? TASK_PRIORITY_DEFAULT : priority;
}

/* What sched_priority is for a task of that policy. */
static inline int sched_posix_priority(int policy, unsigned int task_priority)
{
  return policy == SCHED_OTHER ? 0 : (int) task_priority;
}

/* For a task whose priority was named without a policy. */
static inline int sched_policy_of(unsigned int task_priority)
{
  return task_priority == TASK_PRIORITY_DEFAULT ? SCHED_OTHER : SCHED_RR;
}

#endif
