/* Sleeps a few times: each needs the timer's interrupt. */
#include <time.h>

int main(void)
{
  const struct timespec pause = {.tv_nsec = 2000000};
  for (int i = 0; i < 3; i++)
    nanosleep(&pause, NULL);
  return 0;
}
