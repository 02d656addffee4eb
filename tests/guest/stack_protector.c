/* Built with -fstack-protector-all: runs, and with an argument smashes its stack. */
#include <stdio.h>
#include <string.h>

__attribute__((noinline)) static size_t fill(volatile size_t len_bytes)
{
  volatile char buffer[16];
  volatile char *byte = buffer;
  for (size_t i = 0; i < len_bytes; i++)
    byte[i] = 'x';
  return (size_t) buffer[0];
}

int main(int argc, char **argv)
{
  (void) argv;
  printf("filled with %zu\n", fill(argc > 1 ? 40 : 16));
  return 0;
}
