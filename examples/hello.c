/* The first program. */
#include <stdio.h>

int main(void)
{
  puts("Hello from a unikernel");
  return 0;
}
