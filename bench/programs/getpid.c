/* The shortest system call. */
#include <unistd.h>

#include "measure.h"

#define CALLS 1000000

static volatile pid_t sink;

static void run(void)
{
  for (int i = 0; i < CALLS; i++)
    sink = getpid();
}

int main(void)
{
  measure_rounds_cycles("getpid", run, CALLS);
  return 0;
}
