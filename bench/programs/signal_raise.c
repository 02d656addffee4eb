/* raise() of a signal with a handler that counts. */
#include <signal.h>

#include "measure.h"

#define SIGNALS 100000

static volatile sig_atomic_t handled;

static void count(int number)
{
  (void) number;
  handled++;
}

static void run(void)
{
  for (int i = 0; i < SIGNALS; i++)
    raise(SIGUSR1);
}

int main(void)
{
  struct sigaction action = {.sa_handler = count};
  measure_check(sigaction(SIGUSR1, &action, NULL) == 0, "sigaction");
  measure_rounds_cycles("signal_raise", run, SIGNALS);
  measure_check(handled == SIGNALS * (MEASURE_ROUNDS + 1), "running the handler each time");
  return 0;
}
