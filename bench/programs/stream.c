/* Memory bandwidth on 1 or 2 CPUs, after McCalpin's STREAM: copy, scale, add, triad; the best of
 * several passes counts. usage: stream 1|2 */
#include <string.h>

#include "threads.h"

#define THREADS_MAX 2
#define NUMBERS     ((size_t) 16 << 20) /* an array: 128 MiB, beyond any last-level cache here */
#define ALIGNMENT   4096u /* how arrays lie to each other decides much: alike on both sides */
#define PASSES      8
#define KERNELS     4
#define FACTOR      3.0

static double *a;
static double *b;
static double *c;
static unsigned int threads;
static struct threads_meeting meeting;

static const struct
{
  const char *name;
  unsigned int arrays; /* read and written */
} kernels[KERNELS] = {{"copy", 2}, {"scale", 2}, {"add", 3}, {"triad", 3}};

__attribute__((noinline)) static void run_kernel(int kernel, size_t begin, size_t end)
{
  switch (kernel)
  {
  case 0:
    for (size_t i = begin; i < end; i++)
      c[i] = a[i];
    break;
  case 1:
    for (size_t i = begin; i < end; i++)
      b[i] = FACTOR * c[i];
    break;
  case 2:
    for (size_t i = begin; i < end; i++)
      c[i] = a[i] + b[i];
    break;
  default:
    for (size_t i = begin; i < end; i++)
      a[i] = b[i] + FACTOR * c[i];
  }
}

/* A thread's part of the arrays, all passes. took_ns[kernel] is the best time of all threads. */
static void run_part(unsigned int self, uint64_t took_ns[KERNELS])
{
  size_t begin = NUMBERS / threads * self;
  size_t end = begin + NUMBERS / threads;
  for (size_t i = begin; i < end; i++)
  {
    a[i] = 1.0;
    b[i] = 2.0;
    c[i] = 0.0;
  }
  for (int i = 0; i < PASSES * KERNELS; i++)
  {
    int kernel = i % KERNELS;
    uint64_t begin_ns = measure_now_ns();
    threads_meet(&meeting);
    run_kernel(kernel, begin, end);
    threads_meet(&meeting);
    uint64_t took = measure_now_ns() - begin_ns;
    if (i >= KERNELS && took < took_ns[kernel])
      took_ns[kernel] = took;
  }
}

static void *other(void *argument)
{
  uint64_t ignored_ns[KERNELS] = {0};
  run_part(1, ignored_ns);
  return argument;
}

static double *array(void)
{
  char *memory = malloc(NUMBERS * sizeof(double) + ALIGNMENT);
  measure_check(memory != NULL, "malloc");
  memory += -(uintptr_t) memory & (ALIGNMENT - 1);
  return (double *) (void *) memory;
}

/* What the arrays hold after all passes can be computed with three numbers. */
static int sums_right(void)
{
  double x = 1.0;
  double y;
  double z;
  for (int i = 0; i < PASSES; i++)
  {
    z = x;
    y = FACTOR * z;
    z = x + y;
    x = y + FACTOR * z;
  }
  return a[0] == x && a[NUMBERS / 2] == x && a[NUMBERS - 1] == x;
}

int main(int argc, char **argv)
{
  threads = argc == 2 && strcmp(argv[1], "2") == 0 ? 2 : 1;
  uint64_t took_ns[KERNELS] = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
  cpu_set_t cpus[THREADS_MAX];
  pthread_t thread = {0};
  threads_find_cpus(cpus, (int) threads);
  threads_pin_self(&cpus[0]);
  a = array();
  b = array();
  c = array();
  meeting.threads = threads;
  if (threads == 2)
    thread = threads_start_on(&cpus[1], other, NULL);
  run_part(0, took_ns);
  if (threads == 2)
    threads_join(thread);
  measure_check(sums_right(), "the computation");
  for (int i = 0; i < KERNELS; i++)
  {
    char name[32];
    double bytes = (double) (kernels[i].arrays * NUMBERS * sizeof(double));
    snprintf(name, sizeof(name), "stream_%s_%u", kernels[i].name, threads);
    measure_print(name, bytes / (double) took_ns[i], "GB/s");
  }
  return 0;
}
