/* A handler for everything that keeps a thread from ending: a mistake that ends the program. */
#include <cstdio>
#include <pthread.h>

static void *swallow(void *argument)
{
  try
  {
    pthread_exit(argument);
  }
  catch (...)
  {
    std::puts("caught");
    std::fflush(stdout);
  }
  return nullptr;
}

int main()
{
  pthread_t thread;
  pthread_create(&thread, nullptr, swallow, nullptr);
  pthread_join(thread, nullptr);
  std::puts("joined");
}
