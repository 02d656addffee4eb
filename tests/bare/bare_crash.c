/* Crashes as the argument says. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) static void poke(volatile int *place)
{
  *place = 1;
}

static volatile int deepest = INT_MAX;

__attribute__((noinline)) static int deeper(int depth)
{
  volatile char frame[4096] = {0};
  frame[depth % (int) sizeof(frame)] = 1;
  return depth == deepest ? 0 : deeper(depth + 1) + frame[0];
}

int main(int argc, char **argv)
{
  const char *kind = argc > 1 ? argv[1] : "";
  if (strcmp(kind, "abort") == 0)
    abort();
  if (strcmp(kind, "deep") == 0)
    return deeper(0);
  if (strcmp(kind, "illegal") == 0)
    __builtin_trap();
  volatile unsigned long place = 8;
  poke((volatile int *) place);
  return 1;
}
