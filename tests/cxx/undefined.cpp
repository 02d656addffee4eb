// Undefined behaviour, with -fsanitize=undefined -fsanitize-undefined-trap-on-error: a trap.
#include <climits>
#include <cstdio>
#include <cstdlib>

int main(int argc, char **argv)
{
  volatile int big = INT_MAX, index = 4;
  int table[4] = {1, 2, 3, 4};
  printf("%d\n", table[index - 1]);
  const int which = argc > 1 ? atoi(argv[1]) : 0;
  if (which == 1)
    printf("%d\n", big + 1);
  if (which == 2)
    printf("%d\n", table[index]);
  if (which == 3)
    printf("%d\n", 1 << (big % 100));
  return 0;
}
