/* printf of the usual formats. Run it with standard output to /dev/null. */
#include "measure.h"

#define LINES 100000

static void run(void)
{
  for (int i = 0; i < LINES; i++)
    printf("%d %8x %s %-12s|%10.3f %lld %c\n", i, (unsigned int) i * 2654435761u, "a string",
           "padded", (double) i / 7.0, (long long) i * 1000003, 'a' + i % 26);
  fflush(stdout);
}

int main(void)
{
  measure_rounds("printf_to_devnull", run, LINES);
  return 0;
}
