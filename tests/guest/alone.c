/* One thread runs for some ms, the argument; another one waits for what never comes. */
#define _GNU_SOURCE
#include <semaphore.h>

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
  if (argc > 1)
    spin_ns((uint64_t) atoi(argv[1]) * MS);
  return check_finish();
}
