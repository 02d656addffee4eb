/* POSIX threads draw the Mandelbrot set: each takes the next row, and main prints the rows in order
 * as they are done.
 *
 * uhyve-cc -O2 mandelbrot.c -o mandelbrot && uhyve -c 4 mandelbrot
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROWS       24
#define COLUMNS    72
#define ITERATIONS 20000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t row_done = PTHREAD_COND_INITIALIZER;
static int next_row;
static bool is_done[ROWS];
static char picture[ROWS][COLUMNS + 1];

static char point(double x, double y)
{
  static const char shades[] = " .:-=+*#%@";
  double a = 0;
  double b = 0;
  int i = 0;
  for (; i < ITERATIONS && a * a + b * b < 4; i++)
  {
    double square = a * a - b * b + x;
    b = 2 * a * b + y;
    a = square;
  }
  if (i == ITERATIONS)
    return '@';
  int shade = 0;
  while (i >>= 1)
    shade++;
  return shades[shade < 9 ? shade : 8];
}

/* Returns the number of rows drawn. */
static void *draw(void *argument)
{
  long rows = 0;
  (void) argument;
  for (;; rows++)
  {
    pthread_mutex_lock(&mutex);
    int row = next_row < ROWS ? next_row++ : ROWS;
    pthread_mutex_unlock(&mutex);
    if (row == ROWS)
      return (void *) rows;
    for (int column = 0; column < COLUMNS; column++)
      picture[row][column] = point(-2.1 + 2.9 * column / COLUMNS, -1.15 + 2.3 * row / (ROWS - 1));
    pthread_mutex_lock(&mutex);
    is_done[row] = true;
    pthread_cond_signal(&row_done);
    pthread_mutex_unlock(&mutex);
  }
}

static void wait_for_row(int row)
{
  pthread_mutex_lock(&mutex);
  while (!is_done[row])
    pthread_cond_wait(&row_done, &mutex);
  pthread_mutex_unlock(&mutex);
}

int main(void)
{
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  pthread_t *threads = malloc((size_t) count * sizeof(threads[0]));
  if (threads == NULL)
    return EXIT_FAILURE;
  for (long i = 0; i < count; i++)
  {
    if (pthread_create(&threads[i], NULL, draw, NULL) != 0)
      return EXIT_FAILURE;
  }
  for (int row = 0; row < ROWS; row++)
  {
    wait_for_row(row);
    puts(picture[row]);
  }
  printf("%ld %s drew", count, count == 1 ? "thread" : "threads");
  for (long i = 0; i < count; i++)
  {
    void *rows;
    pthread_join(threads[i], &rows);
    printf(" %ld", (long) rows);
  }
  puts(" rows");
  free(threads);
  return EXIT_SUCCESS;
}
