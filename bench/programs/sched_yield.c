/* sched_yield when there is no other thread. */
#include <sched.h>

#include "measure.h"

#define CALLS 500000

static void run(void)
{
  for (int i = 0; i < CALLS; i++)
    sched_yield();
}

int main(void)
{
  measure_rounds_cycles("sched_yield", run, CALLS);
  return 0;
}
