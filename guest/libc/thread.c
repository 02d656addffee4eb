/* Threads of the C library: start, end, join. */
#include "libc/thread.h"

#include <errno.h>
#include <reent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/single_threaded.h>

#include "libc/thread_atexit.h"
#include "libc/thread_data.h"
#include "libc/thread_state.h"
#include "signal/delivery.h"

char __libc_single_threaded = 1;

static struct thread first_thread;
_Thread_local struct thread *thread_current = &first_thread;

/* Threads that have not ended. */
static unsigned int threads_alive = 1;

/* A thread's state of Newlib; the first one's is static. */
static void state_init(struct _reent *state)
{
  _REENT_INIT_PTR(state);
  libc_thread_state = state;
}

static void *thread_main(void *argument)
{
  struct thread *self = argument;
  struct _reent state;
  thread_current = self;
  state_init(&state);
  if (signal_thread_begin != NULL)
    signal_thread_begin();
  thread_exit(self->entry(self->argument));
}

int thread_create(struct thread **thread, void *(*entry)(void *), void *argument, int policy,
                  const struct task_attributes *attributes)
{
  struct thread *new = malloc(sizeof(*new));
  if (new == NULL)
    return -EAGAIN;
  *new = (struct thread){.entry = entry,
                         .argument = argument,
                         .flags = attributes->detached ? THREAD_DETACHED : 0,
                         .policy = policy};
  *thread = new; /* before the thread runs, which may be at once */
  __atomic_add_fetch(&threads_alive, 1, __ATOMIC_RELAXED);
  int error = task_create(&new->task, thread_main, new, attributes);
  if (error != 0)
  {
    __atomic_sub_fetch(&threads_alive, 1, __ATOMIC_RELAXED);
    free(new);
  }
  return error;
}

void thread_adopt(struct thread *self, struct _reent *state)
{
  *self = (struct thread){.task = task_current(), .flags = THREAD_DETACHED | THREAD_ADOPTED};
  thread_current = self;
  state_init(state);
}

struct thread *thread_self(void)
{
  struct thread *self = thread_current;
  if (__builtin_expect(self->task == NULL, 0))
    self->task = task_current(); /* the first one was not created here */
  return self;
}

_Noreturn void thread_exit(void *result)
{
  struct thread *self = thread_current;
  if ((self->flags & THREAD_ADOPTED) != 0)
    task_exit(result); /* which reports it */
  self->is_ending = true;
  if (__uhyve_thread_atexit_run != NULL)
    __uhyve_thread_atexit_run();
  thread_data_destroy();
  if (__atomic_sub_fetch(&threads_alive, 1, __ATOMIC_ACQ_REL) == 0)
    exit(0);
  if (signal_thread_end != NULL)
    signal_thread_end();
  if (self != &first_thread)
  {
    if ((__atomic_fetch_or(&self->flags, THREAD_ENDED, __ATOMIC_ACQ_REL) & THREAD_DETACHED) != 0)
      free(self);
    /* The last that may use the C library. */
    _reclaim_reent(libc_thread_state);
  }
  task_exit(result);
}

int thread_join(struct thread *thread, void **result, uint64_t deadline_ns)
{
  if (thread == NULL)
    return -ESRCH;
  if ((__atomic_load_n(&thread->flags, __ATOMIC_RELAXED) & THREAD_DETACHED) != 0)
    return -EINVAL;
  int error = task_join(thread->task, result, deadline_ns);
  if (error == 0 && thread != &first_thread)
    free(thread);
  return error;
}

int thread_detach(struct thread *thread)
{
  if (thread == NULL)
    return -ESRCH;
  if ((__atomic_load_n(&thread->flags, __ATOMIC_RELAXED) & THREAD_DETACHED) != 0)
    return -EINVAL;
  /* First, for it settles whether another thread joins this one, and so frees it. */
  int error = task_detach(thread->task);
  if (error != 0)
    return error;
  uint32_t before = __atomic_fetch_or(&thread->flags, THREAD_DETACHED, __ATOMIC_ACQ_REL);
  if ((before & THREAD_ENDED) != 0)
    free(thread);
  return 0;
}
