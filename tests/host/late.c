/* Says that it is there, sleeps, and then needs much of its code for the first time. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int main(void)
{
  const struct timespec pause = {.tv_sec = 1};
  puts("ready");
  fflush(stdout);
  nanosleep(&pause, NULL);
  for (int i = 1; i < 40; i++)
    printf("%s %f %La\n", strerror(i), tgamma(i / 4.0), (long double) i);
  return 0;
}
