/* One thread that sleeps. usage: idle SECONDS */
#include <time.h>

#include "threads.h"

static struct timespec duration;

static void *sleep_on(void *argument)
{
  measure_check(nanosleep(&duration, NULL) == 0, "nanosleep");
  return argument;
}

int main(int argc, char **argv)
{
  pthread_t thread;
  if (argc != 2)
    return 2;
  duration.tv_sec = (time_t) strtoul(argv[1], NULL, 10);
  measure_check(pthread_create(&thread, NULL, sleep_on, NULL) == 0, "pthread_create");
  threads_join(thread);
  return 0;
}
