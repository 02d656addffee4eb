/* Prints points in time as the local time is, and back.
 *
 * usage: time_zone SECONDS... */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
  for (int i = 1; i < argc; i++)
  {
    time_t point = (time_t) strtoll(argv[i], NULL, 10);
    struct tm local;
    char text[100];
    if (localtime_r(&point, &local) == NULL ||
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %Z %z", &local) == 0)
      return 1;
    puts(text);
    if (mktime(&local) != point)
      printf("and back: %lld\n", (long long) mktime(&local));
  }
  return 0;
}
