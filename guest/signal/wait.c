/* Waiting for signals: to take one, or to have one handled. */
#include <errno.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "signal/delivery.h"
#include "signal/signal.h"
#include "time/clock.h"

int signal_wait(uint64_t set, struct signal_info *info, uint64_t deadline_ns)
{
  struct task *task = cpu_current();
  struct signal_mark mark = signal_mark();
  uint64_t deadline_tsc = clock_tsc_of_ns(deadline_ns);
  set &= ~SIGNALS_UNBLOCKABLE;
  signal_hold(set);
  for (;;)
  {
    enum wait_end end = WAIT_WOKEN;
    uint32_t was_masked = spinlock_lock_masked(&signal_lock);
    bool is_taken = signal_take_of(task, set, info);
    if (!is_taken && deadline_tsc <= cpu_tsc())
      end = WAIT_TIMED_OUT;
    else if (!is_taken)
    {
      task->signals.wanted = set;
      wait_begin(task);
      spinlock_unlock(&signal_lock);
      end = sched_block(deadline_tsc);
      spinlock_lock(&signal_lock);
      task->signals.wanted = 0;
      is_taken = signal_take_of(task, set, info);
      /* It may have been woken for another one than it has taken. */
      uint64_t left = signal_process_queue.pending & set;
      if (is_taken && left != 0)
        signal_pass_on(left);
    }
    spinlock_unlock_restore(&signal_lock, was_masked);
    if (is_taken)
      return info->number;
    if (end == WAIT_TIMED_OUT)
      return -EAGAIN;
    if (!signal_sleep_again(&mark))
      return -EINTR;
  }
}

int signal_suspend(uint64_t mask)
{
  struct task *task = cpu_current();
  struct signal_mark mark = signal_mark();
  uint64_t former = task->signals.mask;
  signal_hold(mask);
  signal_set_mask(mask);
  bool is_over;
  do
  {
    /* Masked, so that no handler comes between the look and the wait. */
    uint32_t was_masked = cpu_mask_save();
    is_over = !signal_sleep_again(&mark);
    if (!is_over)
    {
      wait_begin(task);
      sched_block(TIMER_NEVER);
    }
    cpu_mask_restore(was_masked);
  } while (!is_over);
  signal_set_mask(former);
  return -EINTR;
}
