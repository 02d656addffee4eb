/* Deferred or asynchronous cancellation. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

#include "libc/cancel.h"
#include "libc/thread.h"

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
