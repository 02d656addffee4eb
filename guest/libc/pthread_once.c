/* pthread_once: what runs once, the others wait for. It has not run if it was left by the end of
 * its thread or by an exception: then one of the others runs it. */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/guarded_call.h"
#include "arch/x86_64/unwinder.h"
#include "libc/thread.h"
#include "sched/futex.h"

enum once_state
{
  ONCE_NEW,
  ONCE_RUNS,
  ONCE_AWAITED, /* runs, and threads sleep on the word */
  ONCE_DONE,
};

static void leave(uint32_t *word, uint32_t state)
{
  if (__atomic_exchange_n(word, state, __ATOMIC_RELEASE) == ONCE_AWAITED)
    futex_wake(word, INT32_MAX);
}

static void give_up(void *word)
{
  leave(word, ONCE_NEW);
}

static void is_left(struct _pthread_cleanup_context *handler)
{
  thread_current->handlers = handler->_previous;
  give_up(handler->_arg);
}

/* Only the unwinder calls it, so there is one. */
_Unwind_Reason_Code guarded_call_personality(int version, _Unwind_Action actions,
                                             _Unwind_Exception_Class class,
                                             struct _Unwind_Exception *exception,
                                             struct _Unwind_Context *context)
{
  (void) version;
  (void) class;
  (void) exception;
  if ((actions & _UA_CLEANUP_PHASE) != 0 && (actions & _UA_FORCE_UNWIND) == 0)
    /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
    is_left((struct _pthread_cleanup_context *) unwinder_register(context, GUARDED_CALL_CONTEXT));
  return _URC_CONTINUE_UNWIND;
}

static void run(uint32_t *word, void (*function)(void))
{
  struct _pthread_cleanup_context handler;
  _pthread_cleanup_push(&handler, give_up, word);
  guarded_call(function, &handler);
  _pthread_cleanup_pop(&handler, 0);
  leave(word, ONCE_DONE);
}

/* Returns when the state was another one than that it runs. */
static void await(uint32_t *word)
{
  uint32_t state = ONCE_RUNS;
  __atomic_compare_exchange_n(word, &state, ONCE_AWAITED, false, __ATOMIC_ACQUIRE,
                              __ATOMIC_ACQUIRE);
  if (state == ONCE_RUNS || state == ONCE_AWAITED)
    futex_wait(word, ONCE_AWAITED, FUTEX_FOREVER);
}

int pthread_once(pthread_once_t *once, void (*function)(void))
{
  uint32_t *word = (uint32_t *) once;
  uint32_t state;
  while ((state = __atomic_load_n(word, __ATOMIC_ACQUIRE)) != ONCE_DONE)
  {
    if (state == ONCE_NEW && __atomic_compare_exchange_n(word, &state, ONCE_RUNS, false,
                                                         __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE))
      run(word, function);
    else
      await(word);
  }
  return 0;
}
