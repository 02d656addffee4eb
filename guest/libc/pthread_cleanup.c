/* The way out of a thread: cleanup handlers and, in programs that unwind stacks, destructors.
 *
 * A handler of C is in a list; one of C++ is a destructor (pthread.h). The unwinder goes through
 * the frames and runs destructors, and asks before each frame: then the handlers of the frames that
 * it has left are run. At the end of the stack, or where it can go no further, the rest is.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>

#include "arch/x86_64/unwinder.h"
#include "crash.h"
#include "libc/cancel.h"
#include "libc/thread.h"

/* What the unwinder keeps while frames go away, so not on the stack. */
static _Thread_local struct _Unwind_Exception unwound;
static _Thread_local void *final_result;

/* Runs the handlers whose frames lie below. */
static void run_handlers(uintptr_t below)
{
  struct thread *self = thread_current;
  while (self->handlers != NULL && (uintptr_t) self->handlers < below)
  {
    struct _pthread_cleanup_context *handler = self->handlers;
    self->handlers = handler->_previous;
    handler->_routine(handler->_arg);
  }
}

static _Noreturn void finish(void)
{
  run_handlers(UINTPTR_MAX);
  thread_exit(final_result);
}

static _Unwind_Reason_Code stop(int version, _Unwind_Action actions, _Unwind_Exception_Class class,
                                struct _Unwind_Exception *exception,
                                struct _Unwind_Context *context, void *argument)
{
  (void) version;
  (void) class;
  (void) exception;
  (void) argument;
  if ((actions & _UA_END_OF_STACK) != 0)
    finish();
  /* The stack pointer in the frame to come next. */
  run_handlers((uintptr_t) unwinder_cfa(context));
  return _URC_NO_REASON;
}

/* Somebody has caught what is no exception of its own, and goes on. */
static void caught(_Unwind_Reason_Code reason, struct _Unwind_Exception *exception)
{
  (void) reason;
  (void) exception;
  crash_by_signal(SIGABRT, "a catch (...) has kept a thread from ending: it must throw again");
}

_Noreturn void thread_unwind(void *result)
{
  struct thread *self = thread_current;
  if ((self->flags & THREAD_ADOPTED) != 0)
    thread_exit(result);
  self->is_ending = true;
  task_heed_cancellation(false);
  final_result = result;
  /* Only C++ programs and such as use -fexceptions bring the unwinder along. */
  if (unwinder_force != NULL)
  {
    unwound = (struct _Unwind_Exception){.exception_cleanup = caught};
    unwinder_force(&unwound, stop, NULL);
  }
  finish();
}

void pthread_exit(void *result)
{
  thread_unwind(result);
}

void _pthread_cleanup_push(struct _pthread_cleanup_context *context, void (*routine)(void *),
                           void *arg)
{
  struct thread *self = thread_current;
  context->_routine = routine;
  context->_arg = arg;
  context->_previous = self->handlers;
  self->handlers = context;
}

void _pthread_cleanup_pop(struct _pthread_cleanup_context *context, int execute)
{
  thread_current->handlers = context->_previous;
  if (execute != 0)
    context->_routine(context->_arg);
}

/* Between these two cancellation is not asynchronous. */
void _pthread_cleanup_push_defer(struct _pthread_cleanup_context *context, void (*routine)(void *),
                                 void *arg)
{
  context->_canceltype = thread_current->cancel_asynchronous;
  thread_restore_asynchronous(false);
  _pthread_cleanup_push(context, routine, arg);
}

void _pthread_cleanup_pop_restore(struct _pthread_cleanup_context *context, int execute)
{
  _pthread_cleanup_pop(context, 0);
  thread_restore_asynchronous(context->_canceltype != 0);
  if (execute != 0)
    context->_routine(context->_arg);
}
