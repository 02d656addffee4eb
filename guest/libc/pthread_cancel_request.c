/* Requests to cancel a thread. Apart from the points where they are acted on, which any program has
 * that reads or writes: one that is asynchronous is delivered as a signal is. */
#include <errno.h>
#include <pthread.h>

#include "arch/x86_64/cpu.h"
#include "libc/cancel.h"
#include "libc/thread.h"
#include "sched/sched.h"
#include "signal/delivery.h"
#include "signal/signal.h"

int pthread_cancel(pthread_t thread)
{
  struct thread *target = (struct thread *) thread; /* NOLINT(performance-no-int-to-ptr) */
  if (target == NULL)
    return ESRCH;
  uint32_t was_masked = cpu_mask_save();
  sched_attend(target->task, TASK_CANCELLED);
  /* One of the two sees the other: this one the type, or who sets the type the request. */
  if (__atomic_load_n(&target->cancel_asynchronous, __ATOMIC_SEQ_CST) && target != thread_current)
    signal_attend(target->task);
  cpu_mask_restore(was_masked);
  thread_cancel_check();
  return 0;
}
