/* The end of a thread in C++: destructors, handlers among them, what catches everything. */
#include <pthread.h>
#include <unistd.h>

#include <cstring>
#include <cxxabi.h>
#include <thread>

#include "pthread_check.h"

static char order[64];

static void note(const char *what)
{
  strcat(order, what);
}

struct noted
{
  const char *what;
  explicit noted(const char *name) : what(name)
  {
  }
  ~noted()
  {
    note(what);
  }
};

struct thread_noted
{
  ~thread_noted()
  {
    note("t");
  }
  void touch()
  {
  }
};
static thread_local thread_noted local;

static void note_handler(void *what)
{
  note(static_cast<const char *>(what));
}

static volatile int has_begun;

static void wait_or_exit(void *argument)
{
  noted c("c");
  set(&has_begun, 1);
  if (argument != nullptr)
    pthread_exit(argument);
  for (;;)
    sleep(100);
}

static void catch_all(void *argument)
{
  noted d("d");
  try
  {
    wait_or_exit(argument);
  }
  catch (...)
  {
    note("*");
    throw;
  }
}

static void catch_forced(void *argument)
{
  try
  {
    catch_all(argument);
  }
  catch (const abi::__forced_unwind &)
  {
    note("f");
    throw;
  }
  catch (const std::exception &)
  {
    note("!");
  }
}

static char handler_2[] = "2", handler_1[] = "1", handler_3[] = "3";

static void *run(void *argument)
{
  local.touch();
  noted a("a");
  pthread_cleanup_push(note_handler, handler_1);
  noted b("b");
  pthread_cleanup_push(note_handler, handler_2);
  catch_forced(argument);
  pthread_cleanup_pop(0);
  pthread_cleanup_pop(0);
  return nullptr;
}

static void check_ends()
{
  for (int i = 0; i < 100; i++)
  {
    bool cancel = i % 2 == 0;
    order[0] = '\0';
    has_begun = 0;
    pthread_t thread = start(run, cancel ? nullptr : order);
    CHECK(comes(&has_begun, 1));
    if (cancel)
      CHECK(pthread_cancel(thread) == 0);
    CHECK(result_of(thread) == (cancel ? PTHREAD_CANCELED : static_cast<void *>(order)));
    if (!CHECK(strcmp(order, "c*df2b1at") == 0))
      fprintf(stderr, "order is %s\n", order);
  }
}

static void *run_deferred(void *argument)
{
  int former = 7;
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &former);
  pthread_cleanup_push_defer_np(note_handler, handler_3);
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &former);
  CHECK(former == PTHREAD_CANCEL_DEFERRED);
  pthread_cleanup_pop_restore_np(1);
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &former);
  CHECK(former == PTHREAD_CANCEL_ASYNCHRONOUS);
  return argument;
}

/* What a function throws leaves pthread_once(), and it has not run. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int attempts;

static void throw_twice()
{
  if (attempts++ < 2)
    throw attempts;
}

static void *call_once_catching(void *argument)
{
  try
  {
    pthread_once(&once, throw_twice);
  }
  catch (int attempt)
  {
    CHECK(attempt == 1 || attempt == 2);
  }
  return argument;
}

int main()
{
  check_ends();
  order[0] = '\0';
  result_of(start(run_deferred, nullptr));
  CHECK(strcmp(order, "3") == 0);
  for (int i = 0; i < 5; i++)
    result_of(start(call_once_catching, nullptr));
  CHECK(attempts == 3);
  /* A thread of the library is cancelled as any other. */
  order[0] = '\0';
  has_begun = 0;
  std::thread thread([] { run(nullptr); });
  CHECK(comes(&has_begun, 1));
  CHECK(pthread_cancel(thread.native_handle()) == 0);
  thread.join();
  CHECK(strcmp(order, "c*df2b1at") == 0);
  return check_finish();
}
