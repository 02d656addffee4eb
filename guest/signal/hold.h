/* Calls that hold a lock or a reference while they work or wait. A handler of a signal may make the
 * same call, or leave by siglongjmp(), so it runs when the call has let go:
 *
 *   struct signal_hold hold;
 *   do
 *   {
 *     signal_hold_begin(&hold);
 *     result = ...takes locks and references, waits by signal_hold_wait(), lets go...
 *   } while (signal_hold_end(&hold, result));
 *
 * Waits within, such as those for a mutex, do not end for signals, but signal_hold_wait() does.
 */
#ifndef GUEST_SIGNAL_HOLD_H
#define GUEST_SIGNAL_HOLD_H

#include <errno.h>

#include "arch/x86_64/cpu.h"
#include "sched/futex.h"
#include "signal/delivery.h"

struct signal_hold
{
  struct task *task; /* null: none runs, this is an upcall */
  uint32_t heeds;
  struct signal_mark mark;
};

static inline void signal_hold_begin(struct signal_hold *hold)
{
  struct task *task = cpu_current();
  *hold = (struct signal_hold){.task = task};
  if (task == NULL)
    return;
  hold->heeds = task->heeds;
  uint32_t heeds = (hold->heeds & ~TASK_SIGNALLED) | TASK_HOLDS;
  __atomic_store_n(&task->heeds, heeds, __ATOMIC_RELAXED);
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  hold->mark = signal_mark();
}

/* Runs handlers that have waited. The task holds nothing any more. */
static inline void signal_hold_leave(const struct signal_hold *hold)
{
  struct task *task = hold->task;
  if (task == NULL)
    return;
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  __atomic_store_n(&task->heeds, hold->heeds, __ATOMIC_RELAXED);
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  if (!signals_wait(task))
    return;
  uint32_t was_masked = cpu_mask_save();
  cpu_this()->area.pending = 1;
  cpu_mask_restore(was_masked);
}

/* The same; returns whether the call is to begin again: it was interrupted, and either no handler
 * has run or those that have had SA_RESTART. */
static inline bool signal_hold_end(const struct signal_hold *hold, long result)
{
  signal_hold_leave(hold);
  return __builtin_expect(result == -EINTR, 0) && hold->task != NULL && signal_restart(&hold->mark);
}

/* futex_wait() that also ends, with -EINTR, when handlers wait to run. */
static inline int signal_hold_wait(uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
  struct task *task = cpu_current();
  uint32_t heeds = task->heeds;
  __atomic_store_n(&task->heeds, heeds | TASK_SIGNALLED, __ATOMIC_RELAXED);
  int error = futex_wait(word, expected, deadline_ns);
  __atomic_store_n(&task->heeds, heeds, __ATOMIC_RELAXED);
  return error;
}

#endif
