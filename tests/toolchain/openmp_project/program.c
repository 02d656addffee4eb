/* Prints the sum of 0 to 999, and whether three threads made it. */
#include <omp.h>
#include <stdio.h>

int main(void)
{
  int sum = 0;
  int threads = 0;
#pragma omp parallel num_threads(3) reduction(+ : threads)
  threads++;
#pragma omp target teams distribute parallel for reduction(+ : sum) map(tofrom : sum)
  for (int i = 0; i < 1000; i++)
    sum += i;
  printf("%d %d\n", sum, threads);
  return 0;
}
