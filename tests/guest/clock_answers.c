/* Answers each line of standard input with the time of day in microseconds. */
#include <stdio.h>
#include <time.h>

int main(void)
{
  char line[16];
  setvbuf(stdout, NULL, _IOLBF, 0);
  while (fgets(line, sizeof(line), stdin) != NULL)
  {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    printf("%lld\n", now.tv_sec * 1000000ll + now.tv_nsec / 1000);
  }
  return 0;
}
