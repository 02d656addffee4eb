/* Pi on all CPUs with OpenMP: the area below 4 / (1 + x^2) from 0 to 1, in thin strips.
 *
 * uhyve-cc -O2 -fopenmp openmp_pi.c -o openmp_pi && uhyve -c auto openmp_pi
 *
 * usage: openmp_pi [STRIPS] */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#define PI 3.14159265358979323846

static double area(long strips)
{
  double width = 1.0 / (double) strips;
  double sum = 0;
#pragma omp parallel for simd reduction(+ : sum)
  for (long i = 0; i < strips; i++)
  {
    double x = ((double) i + 0.5) * width;
    sum += 4 / (1 + x * x);
  }
  return sum * width;
}

int main(int argc, char **argv)
{
  long strips = argc > 1 ? atol(argv[1]) : 100000000;
  if (argc > 2 || strips < 1)
  {
    fprintf(stderr, "usage: openmp_pi [STRIPS]\n");
    return 2;
  }
  double alone = 0;
  printf("threads        pi               error   seconds  speedup\n");
  for (int threads = 1; threads <= omp_get_num_procs(); threads++)
  {
    omp_set_num_threads(threads);
    area(strips / 100); /* makes the threads */
    double begin = omp_get_wtime();
    double pi = area(strips);
    double seconds = omp_get_wtime() - begin;
    if (threads == 1)
      alone = seconds;
    printf("%7d  %.15f  %+.1e  %8.4f  %6.2fx\n", threads, pi, pi - PI, seconds, alone / seconds);
  }
  return 0;
}
