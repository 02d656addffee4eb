/* One thread runs for some ms, the argument, or with "asleep" nothing does for 1.5 s; another one
 * waits for what never comes. */
#define _GNU_SOURCE
#include <semaphore.h>
#include <string.h>

#include "thread_check.h"

static void *wait_forever(void *argument)
{
  sem_wait(argument);
  return NULL;
}

int main(int argc, char **argv)
{
  static sem_t never;
  start_thread(wait_forever, &never, UHYVE_PRIORITY_DEFAULT, ANY_CPU);
  uhyve_task_sleep(10 * MS);
  if (argc > 1 && strcmp(argv[1], "asleep") == 0)
    uhyve_task_sleep(1500 * MS);
  else if (argc > 1)
    spin_ns((uint64_t) atoi(argv[1]) * MS);
  return check_finish();
}
