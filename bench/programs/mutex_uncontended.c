/* Lock and unlock of a mutex that nobody else wants, in a program that has a second thread. */
#include "threads.h"

#define PAIRS 1000000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* C libraries may do less as long as a program never had a second thread. */
static void *nothing(void *argument)
{
  return argument;
}

static void run(void)
{
  for (int i = 0; i < PAIRS; i++)
  {
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
  }
}

int main(void)
{
  pthread_t thread;
  measure_check(pthread_create(&thread, NULL, nothing, NULL) == 0, "pthread_create");
  threads_join(thread);
  measure_rounds_cycles("mutex_uncontended", run, PAIRS);
  return 0;
}
