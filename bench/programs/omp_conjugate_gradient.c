/* Conjugate gradients for Poisson's equation on a square grid, the matrix in compressed rows, in
 * parallel. usage: omp_conjugate_gradient THREADS */
#include <math.h>
#include <omp.h>

#include "measure.h"

#define SIDE       512
#define ROWS       262144 /* SIDE * SIDE */
#define ITERATIONS 30

static int *row_begin;
static int *columns;
static double *values;
static double *solution, *residual, *direction, *product;
static volatile double sink;

static void *allocate(size_t count, size_t bytes)
{
  void *memory = calloc(count, bytes);
  measure_check(memory != NULL, "calloc");
  return memory;
}

static int add(int at, int column, double value)
{
  columns[at] = column;
  values[at] = value;
  return at + 1;
}

static void build_matrix(void)
{
  int at = 0;
  for (int row = 0; row < ROWS; row++)
  {
    int i = row / SIDE;
    int j = row % SIDE;
    row_begin[row] = at;
    if (i > 0)
      at = add(at, row - SIDE, -1);
    if (j > 0)
      at = add(at, row - 1, -1);
    at = add(at, row, 4);
    if (j < SIDE - 1)
      at = add(at, row + 1, -1);
    if (i < SIDE - 1)
      at = add(at, row + SIDE, -1);
  }
  row_begin[ROWS] = at;
}

static void multiply(double *restrict to, const double *restrict from)
{
#pragma omp parallel for
  for (int row = 0; row < ROWS; row++)
  {
    double sum = 0;
    for (int at = row_begin[row]; at < row_begin[row + 1]; at++)
      sum += values[at] * from[columns[at]];
    to[row] = sum;
  }
}

static double dot(const double *a, const double *b)
{
  double sum = 0;
#pragma omp parallel for reduction(+ : sum)
  for (int i = 0; i < ROWS; i++)
    sum += a[i] * b[i];
  return sum;
}

/* to += factor * from */
static void add_scaled(double *restrict to, double factor, const double *restrict from)
{
#pragma omp parallel for
  for (int i = 0; i < ROWS; i++)
    to[i] += factor * from[i];
}

/* direction = residual + factor * direction */
static void turn(double factor)
{
#pragma omp parallel for
  for (int i = 0; i < ROWS; i++)
    direction[i] = residual[i] + factor * direction[i];
}

static void run(void)
{
#pragma omp parallel for
  for (int i = 0; i < ROWS; i++)
  {
    solution[i] = 0;
    residual[i] = 1;
    direction[i] = 1;
  }
  double squared = dot(residual, residual);
  for (int i = 0; i < ITERATIONS; i++)
  {
    multiply(product, direction);
    double step = squared / dot(direction, product);
    add_scaled(solution, step, direction);
    add_scaled(residual, -step, product);
    double squared_now = dot(residual, residual);
    turn(squared_now / squared);
    squared = squared_now;
  }
  sink = sqrt(squared);
}

int main(int argc, char **argv)
{
  int threads = measure_threads(argc, argv);
  char name[32];
  omp_set_num_threads(threads);
  row_begin = allocate(ROWS + 1, sizeof(row_begin[0]));
  columns = allocate(5 * (size_t) ROWS, sizeof(columns[0]));
  values = allocate(5 * (size_t) ROWS, sizeof(values[0]));
  solution = allocate(ROWS, sizeof(solution[0]));
  residual = allocate(ROWS, sizeof(residual[0]));
  direction = allocate(ROWS, sizeof(direction[0]));
  product = allocate(ROWS, sizeof(product[0]));
  build_matrix();
  snprintf(name, sizeof(name), "conjugate_gradient_%d", threads);
  measure_rounds(name, run, (uint64_t) ITERATIONS * ROWS);
  return 0;
}
