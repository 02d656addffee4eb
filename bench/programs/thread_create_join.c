/* A thread that does nothing is created and joined. usage: thread_create_join same|two
 * On the CPU of who creates it, or on another one. */
#include <string.h>

#include "threads.h"

#define THREADS_SAME 20000
#define THREADS_TWO  1000

static pthread_attr_t attributes;
static int threads;

static void *nothing(void *argument)
{
  return argument;
}

static void run(void)
{
  for (int i = 0; i < threads; i++)
  {
    pthread_t thread;
    measure_check(pthread_create(&thread, &attributes, nothing, NULL) == 0, "pthread_create");
    threads_join(thread);
  }
}

int main(int argc, char **argv)
{
  cpu_set_t cpus[2];
  int two = argc == 2 && strcmp(argv[1], "two") == 0;
  threads = two ? THREADS_TWO : THREADS_SAME;
  threads_find_cpus(cpus, two ? 2 : 1);
  threads_pin_self(&cpus[0]);
  pthread_attr_init(&attributes);
  /* Pinned itself, so that it inherits its CPU. */
  if (two)
    measure_check(pthread_attr_setaffinity_np(&attributes, sizeof(cpus[1]), &cpus[1]) == 0,
                  "pthread_attr_setaffinity_np");
  measure_rounds_cycles(two ? "thread_create_join_two_cpus" : "thread_create_join", run,
                        (uint64_t) threads);
  return 0;
}
