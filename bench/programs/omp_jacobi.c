/* Heat in a square plate by Jacobi's method, in parallel. usage: omp_jacobi THREADS */
#include <math.h>
#include <omp.h>

#include "measure.h"

#define SIDE       1024
#define ITERATIONS 100

typedef double grid[SIDE][SIDE];

static grid *now;
static grid *next;
static volatile double sink;

static double sweep(grid *restrict to, const grid *restrict from)
{
  double change = 0;
#pragma omp parallel for reduction(+ : change)
  for (int i = 1; i < SIDE - 1; i++)
  {
    for (int j = 1; j < SIDE - 1; j++)
    {
      double value =
          0.25 * ((*from)[i - 1][j] + (*from)[i + 1][j] + (*from)[i][j - 1] + (*from)[i][j + 1]);
      double difference = value - (*from)[i][j];
      change += difference * difference;
      (*to)[i][j] = value;
    }
  }
  return sqrt(change);
}

static void run(void)
{
  for (int i = 0; i < ITERATIONS; i++)
  {
    sink = sweep(next, (const grid *) now);
    grid *before = now;
    now = next;
    next = before;
  }
}

int main(int argc, char **argv)
{
  int threads = measure_threads(argc, argv);
  char name[32];
  omp_set_num_threads(threads);
  now = calloc(1, sizeof(*now));
  next = calloc(1, sizeof(*next));
  measure_check(now != NULL && next != NULL, "calloc");
  for (int j = 0; j < SIDE; j++)
    (*now)[0][j] = (*next)[0][j] = 100;
  snprintf(name, sizeof(name), "jacobi_%d", threads);
  measure_rounds(name, run, (uint64_t) ITERATIONS * (SIDE - 2) * (SIDE - 2));
  return 0;
}
