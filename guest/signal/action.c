/* What the program does about signals. */
#include <errno.h>
#include <stddef.h>

#include "sched/lifetime.h"
#include "signal/signal.h"

/* What waits of a signal that is ignored from now on is gone. */
static bool drop_of(struct task *task, void *set)
{
  signal_queue_drop(&task->signals.queue, *(uint64_t *) set);
  return false;
}

int signal_set_action(int number, const struct signal_action *action, struct signal_action *former)
{
  if (number <= 0 || number >= NSIG)
    return -EINVAL;
  uint64_t bit = SIGNAL_BIT(number);
  if (action != NULL && (bit & SIGNALS_UNBLOCKABLE) != 0)
    return -EINVAL;
  struct signal_action before;
  uint32_t was_masked = spinlock_lock_masked(&signal_lock);
  before = signal_actions[number];
  if (action != NULL)
  {
    signal_actions[number] = *action;
    signal_actions[number].mask &= ~SIGNALS_UNBLOCKABLE;
    if (signal_is_ignored(number))
    {
      signal_queue_drop(&signal_process_queue, bit);
      tasks_visit(drop_of, &bit);
    }
    __atomic_fetch_or(&signals_held, signal_actions[number].mask, __ATOMIC_RELAXED);
    signal_tell_locked(bit | signal_actions[number].mask);
  }
  spinlock_unlock_restore(&signal_lock, was_masked);
  if (former != NULL)
    *former = before;
  return 0;
}
