/* Timers whose expiry is told by a new thread. An upcall can create none: one thread of ours waits
 * for expiries and does that. It takes no signals, and the program may end without it. */
#include "libc/timer_thread.h"

#include <errno.h>
#include <reent.h>
#include <stdbool.h>
#include <stdlib.h>

#include "libc/signal_timer.h"
#include "libc/thread.h"
#include "sched/mutex.h"
#include "sched/semaphore.h"

static struct semaphore expiries;
static struct mutex start_mutex;
static bool is_started;

static void *call_function(void *argument)
{
  struct timer_call call = *(struct timer_call *) argument;
  free(argument);
  /* Nobody joins it: it may be gone when pthread_create() returns. */
  pthread_detach(pthread_self());
  signal_set_mask(0);
  call.function(call.value);
  return NULL;
}

static void tell(const struct timer_call *call)
{
  pthread_t thread;
  struct timer_call *copy = malloc(sizeof(*copy));
  if (copy == NULL)
    return;
  *copy = *call;
  if (pthread_create(&thread, call->attributes, call_function, copy) != 0)
    free(copy);
}

static void *serve(void *argument)
{
  static struct thread self;
  static struct _reent state;
  (void) argument;
  thread_adopt(&self, &state);
  while (semaphore_wait_until(&expiries, FUTEX_FOREVER) == 0)
  {
    while (timer_make_call(tell))
      ;
  }
  return NULL;
}

int timer_thread_prepare(void)
{
  int error = 0;
  mutex_lock(&start_mutex);
  if (!is_started)
  {
    struct task *task;
    struct task_attributes attributes = TASK_ATTRIBUTES_DEFAULT;
    attributes.name = "timers";
    attributes.detached = true;
    semaphore_init(&expiries, 0);
    error = task_create(&task, serve, NULL, &attributes);
    is_started = error == 0;
  }
  mutex_unlock(&start_mutex);
  return error;
}

void timer_thread_call(struct timer_call *call)
{
  call->due++;
  semaphore_post(&expiries);
}
