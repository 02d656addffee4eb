/* Destructors of C++'s thread_local variables, run at the end of their thread. */
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>

#include "crash.h"
#include "libc/thread_atexit.h"

struct destructor
{
  void (*call)(void *);
  void *object;
  struct destructor *before;
};

static _Thread_local struct destructor *last;

/* As the C++ ABI of Linux has it. There are no shared objects that could be unloaded. */
int __cxa_thread_atexit_impl(void (*call)(void *), void *object, void *dso_handle);

int __cxa_thread_atexit_impl(void (*call)(void *), void *object, void *dso_handle)
{
  (void) dso_handle;
  struct destructor *new = malloc(sizeof(*new));
  /* The caller cannot be told: the compiler's code does not look. */
  if (new == NULL)
    crash_by_signal(SIGABRT, "no memory for the destructor of a thread-local variable");
  *new = (struct destructor){.call = call, .object = object, .before = last};
  last = new;
  return 0;
}

/* A destructor may register others. */
void __uhyve_thread_atexit_run(void)
{
  while (last != NULL)
  {
    struct destructor *now = last;
    last = now->before;
    now->call(now->object);
    free(now);
  }
}
