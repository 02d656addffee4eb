/* The first program.
 *
 * uhyve-cc -O2 hello.c -o hello && uhyve hello */
#include <stdio.h>

int main(void)
{
  puts("Hello from a unikernel");
  return 0;
}
