/* Threads of the C library: tasks with a state of Newlib, thread-specific data, and an end that
 * ends the program when it is the last. Errors are negative errno. */
#ifndef GUEST_LIBC_THREAD_H
#define GUEST_LIBC_THREAD_H

#include <stdbool.h>
#include <stdint.h>

#include "sched/task.h"

/* What pthread_t and uhyve_task point to. Freed by who joins the thread; by the thread at its end,
 * if it is detached. */
struct thread
{
  struct task *task;
  void *(*entry)(void *);
  void *argument;
  uint32_t flags; /* enum thread_flags, atomic */
  int policy;     /* POSIX's, kept for who asks; scheduling goes by the priority alone */

  /* Cancellation; cancel.h. Its own, but for the type, which others look at. */
  bool cancel_disabled;
  bool cancel_asynchronous;
  bool is_ending; /* handlers and destructors run: it is cancelled no more */
  struct _pthread_cleanup_context *handlers; /* the innermost */
};

enum thread_flags
{
  THREAD_DETACHED = 1,
  THREAD_ENDED = 2,
  THREAD_ADOPTED = 4, /* not one of those that the program waits for */
};

/* Starts a thread; it runs on the way of task_create(), whose errors it returns too. policy: as in
 * struct thread. -EAGAIN: no memory. */
int thread_create(struct thread **thread, void *(*entry)(void *), void *argument, int policy,
                  const struct task_attributes *attributes);

/* Makes the calling task, which was not created here, a thread that never ends; the program may end
 * without it. Both must stay. */
struct _reent;
void thread_adopt(struct thread *self, struct _reent *state);

/* The calling thread; the first one too, whose task may not be known here yet. */
extern _Thread_local struct thread *thread_current;

/* The same with its task. */
struct thread *thread_self(void);

/* Unwinds the stack: cleanup handlers and, where the program has them, destructors of C++. Then as
 * thread_exit(). */
_Noreturn void thread_unwind(void *result);

/* Runs destructors of thread-specific data and ends the thread, or the program with status 0 if no
 * other thread is left. */
_Noreturn void thread_exit(void *result);

/* As task_join() and task_detach(); -ESRCH for null. The waiting one may be a cancellation point.
 */
int thread_join(struct thread *thread, void **result, uint64_t deadline_ns);
int thread_detach(struct thread *thread);

#endif
