/* A program in C with a library in Fortran. */
#include <stdio.h>

int sum_of_halves(int n);

int main(void)
{
  printf("C: %d\n", sum_of_halves(100));
  return 0;
}
