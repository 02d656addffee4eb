/* Cancellation of threads: the points where requests are acted on. */
#include "libc/cancel.h"

#include <errno.h>
#include <pthread.h>

#include "arch/x86_64/cpu.h"
#include "libc/thread.h"
#include "sched/sched.h"
#include "signal/delivery.h"

/* A request is TASK_CANCELLED in the attention of the task. */
static bool is_requested(void)
{
  uint32_t attention = __atomic_load_n(&cpu_current()->attention, __ATOMIC_RELAXED);
  return __builtin_expect((attention & TASK_CANCELLED) != 0, 0);
}

static bool is_at_point(void)
{
  return (cpu_current()->heeds & TASK_AT_POINT) != 0;
}

/* In a call that holds something: the request is looked at again when it has let go. */
static bool is_holding(void)
{
  return (cpu_current()->heeds & TASK_HOLDS) != 0;
}

static bool is_immune(const struct thread *self)
{
  return self->cancel_disabled || self->is_ending;
}

bool thread_is_immune(void)
{
  return is_immune(thread_current);
}

void thread_test_cancel(void)
{
  if (is_requested() && !is_immune(thread_current))
    thread_unwind(PTHREAD_CANCELED);
}

void thread_point_begin(void)
{
  if (is_immune(thread_current))
    return;
  if (is_requested())
    thread_unwind(PTHREAD_CANCELED);
  struct task *task = cpu_current();
  __atomic_store_n(&task->heeds, task->heeds | TASK_CANCELLED | TASK_AT_POINT, __ATOMIC_RELAXED);
}

void thread_point_end(long result)
{
  const struct thread *self = thread_current;
  if (!is_at_point())
    return;
  task_heed_signals(cpu_current());
  /* A handler may have disabled cancellation meanwhile. */
  if (is_requested() && !is_immune(self) && (result == -EINTR || self->cancel_asynchronous))
    thread_unwind(PTHREAD_CANCELED);
}

/* Where an asynchronous request is acted on if there is one. Not at a point, which sees to that
 * itself and may have to take back a mutex first. */
void thread_cancel_check(void)
{
  struct thread *self = thread_current;
  if (is_requested() && self->cancel_asynchronous && !is_at_point() && !is_holding() &&
      !is_immune(self))
    thread_unwind(PTHREAD_CANCELED);
}

int pthread_setcancelstate(int state, int *old_state)
{
  struct thread *self = thread_current;
  if (state != PTHREAD_CANCEL_ENABLE && state != PTHREAD_CANCEL_DISABLE)
    return EINVAL;
  if (old_state != NULL)
    *old_state = self->cancel_disabled ? PTHREAD_CANCEL_DISABLE : PTHREAD_CANCEL_ENABLE;
  self->cancel_disabled = state == PTHREAD_CANCEL_DISABLE;
  thread_cancel_check();
  return 0;
}

void thread_restore_asynchronous(bool asynchronous)
{
  __atomic_store_n(&thread_current->cancel_asynchronous, asynchronous, __ATOMIC_SEQ_CST);
  thread_cancel_check();
}

void pthread_testcancel(void)
{
  thread_test_cancel();
}
