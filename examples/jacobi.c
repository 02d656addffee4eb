/* Heat in a square plate by Jacobi's method, with OpenMP: the upper edge is hot, the others are
 * cold, and each point inside becomes the average of its neighbours until little changes.
 *
 * uhyve-cc -O2 -fopenmp jacobi.c -o jacobi && uhyve -c auto jacobi
 *
 * usage: jacobi [SIZE [ITERATIONS]] */
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#define HOT          100.0
#define SMALL_CHANGE 1e-6
#define REPORTS      10

/* The picture of the plate. */
#define ROWS    12
#define COLUMNS 48

static const char shades[] = " .:-=+*#%@";

/* Points of a plate of size x size. */
static double *make_plate(int size)
{
  double *plate = calloc((size_t) size * (size_t) size, sizeof(double));
  if (plate == NULL)
  {
    fprintf(stderr, "jacobi: no memory for %d x %d points\n", size, size);
    exit(1);
  }
  for (int x = 0; x < size; x++)
    plate[x] = HOT;
  return plate;
}

/* Computes the next state of all points inside. Returns by how much they change, the root of the
 * mean square. */
static double relax(double *restrict next, const double *restrict now, int size)
{
  double change = 0;
#pragma omp parallel for reduction(+ : change) schedule(static)
  for (int y = 1; y < size - 1; y++)
  {
    const double *row = now + (size_t) y * (size_t) size;
    double *to = next + (size_t) y * (size_t) size;
    for (int x = 1; x < size - 1; x++)
    {
      to[x] = 0.25 * (row[x - 1] + row[x + 1] + row[x - size] + row[x + size]);
      change += (to[x] - row[x]) * (to[x] - row[x]);
    }
  }
  return sqrt(change / ((double) (size - 2) * (size - 2)));
}

static void draw(const double *plate, int size)
{
  for (int row = 0; row < ROWS; row++)
  {
    for (int column = 0; column < COLUMNS; column++)
    {
      int y = row * (size - 1) / (ROWS - 1);
      int x = column * (size - 1) / (COLUMNS - 1);
      double heat = plate[(size_t) y * (size_t) size + (size_t) x] / HOT;
      putchar(shades[(int) (sqrt(heat) * (sizeof(shades) - 2) + 0.5)]);
    }
    putchar('\n');
  }
}

int main(int argc, char **argv)
{
  int size = argc > 1 ? atoi(argv[1]) : 256;
  int iterations = argc > 2 ? atoi(argv[2]) : 5000;
  if (argc > 3 || size < 3 || iterations < 1)
  {
    fprintf(stderr, "usage: jacobi [SIZE [ITERATIONS]]\n");
    return 2;
  }
  double *now = make_plate(size);
  double *next = make_plate(size);
  double change = 1;
  int done = 0;
  printf("%d x %d points, %d threads\n\niteration      change\n", size, size,
         omp_get_max_threads());
  double begin = omp_get_wtime();
  while (done < iterations && change > SMALL_CHANGE)
  {
    change = relax(next, now, size);
    double *before = now;
    now = next;
    next = before;
    done++;
    if (done % ((iterations + REPORTS - 1) / REPORTS) == 0 || change <= SMALL_CHANGE)
      printf("%9d  %.4e\n", done, change);
  }
  double seconds = omp_get_wtime() - begin;
  putchar('\n');
  draw(now, size);
  printf("\n%d iterations in %.3f s: %.0f million points per second, residual %.4e\n", done,
         seconds, (double) done * (size - 2) * (size - 2) / seconds / 1e6, change);
  free(now);
  free(next);
  return 0;
}
