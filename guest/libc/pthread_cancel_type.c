/* Asynchronous cancellation, which comes by way of signals. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "libc/cancel.h"
#include "libc/thread.h"
#include "signal/signal.h"

/* Brings along what has a running task see to its signals: weak references do not. */
static void (*const delivery)(uint64_t mask) __attribute__((used)) = signal_set_mask;

int pthread_setcanceltype(int type, int *old_type)
{
  struct thread *self = thread_current;
  if (type != PTHREAD_CANCEL_DEFERRED && type != PTHREAD_CANCEL_ASYNCHRONOUS)
    return EINVAL;
  if (old_type != NULL)
    *old_type = self->cancel_asynchronous ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED;
  thread_restore_asynchronous(type == PTHREAD_CANCEL_ASYNCHRONOUS);
  return 0;
}
