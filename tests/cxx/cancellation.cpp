// pthread_exit() and cancellation run destructors and cleanup handlers, the innermost first.
#include <cxxabi.h>
#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <thread>

#include "../guest/check.h"

static std::string order;
static sem_t ready;

struct noted
{
  char name;
  ~noted()
  {
    order += name;
  }
};

static void note(void *name)
{
  order += *static_cast<const char *>(name);
}

// Forced unwinding passes handlers that throw again, and no others.
template <typename ending> static void *frames(ending end)
{
  static thread_local noted of_thread{'t'};
  (void) &of_thread;
  noted outer{'1'};
  try
  {
    char second = '2';
    pthread_cleanup_push(note, &second);
    noted inner{'3'};
    try
    {
      end();
    }
    catch (const std::exception &)
    {
      order += '!';
    }
    pthread_cleanup_pop(0);
  }
  catch (abi::__forced_unwind &)
  {
    order += 'f';
    throw;
  }
  catch (...)
  {
    order += '?';
    throw;
  }
  order += '!';
  return nullptr;
}

static void *leave(void *)
{
  return frames([] { pthread_exit(&order); });
}

static void *wait_for_ever(void *)
{
  return frames(
      []
      {
        sem_post(&ready);
        for (;;)
          pause();
      });
}

static void *loop_for_ever(void *)
{
  return frames(
      []
      {
        sem_post(&ready);
        for (;;)
          pthread_testcancel();
      });
}

static void test_exit()
{
  order.clear();
  pthread_t thread;
  void *result = nullptr;
  CHECK(pthread_create(&thread, nullptr, leave, nullptr) == 0);
  CHECK(pthread_join(thread, &result) == 0 && result == &order);
  CHECK(order == "32f1t");
}

static void test_cancel(void *(*entry)(void *) )
{
  order.clear();
  pthread_t thread;
  void *result = nullptr;
  CHECK(pthread_create(&thread, nullptr, entry, nullptr) == 0);
  CHECK(sem_wait(&ready) == 0 && pthread_cancel(thread) == 0);
  CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
  CHECK(order == "32f1t");
}

// A std::thread may end in the same way.
static void test_std_thread()
{
  order.clear();
  std::thread(
      []
      {
        noted here{'h'};
        pthread_exit(nullptr);
      })
      .join();
  CHECK(order == "h");
}

static void *swallow(void *)
{
  try
  {
    pthread_exit(nullptr);
  }
  catch (...)
  {
  }
  return nullptr;
}

int main(int argc, char **argv)
{
  CHECK(sem_init(&ready, 0, 0) == 0);
  test_exit();
  test_cancel(wait_for_ever);
  test_cancel(loop_for_ever);
  test_std_thread();
  check_finish();
  fflush(stdout);
  if (argc > 1 && strcmp(argv[1], "swallow") == 0)
  {
    pthread_t thread;
    pthread_create(&thread, nullptr, swallow, nullptr);
    pthread_join(thread, nullptr);
  }
  return check_failures == 0 ? 0 : 1;
}
