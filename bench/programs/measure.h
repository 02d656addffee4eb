/* How every program here measures: a warm-up, then rounds; the median round is the result. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MEASURE_ROUNDS 5

static inline uint64_t measure_now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t) now.tv_sec * 1000000000u + (uint64_t) now.tv_nsec;
}

static inline int measure_compare(const void *left, const void *right)
{
  uint64_t a = *(const uint64_t *) left;
  uint64_t b = *(const uint64_t *) right;
  return (a > b) - (a < b);
}

/* Prints "NAME VALUE ns" on standard error, which no program here uses for anything else: the
 * time of one of the round's operations. */
static inline void measure_rounds(const char *name, void (*run)(void), uint64_t operations)
{
  uint64_t took_ns[MEASURE_ROUNDS];
  run();
  for (int i = 0; i < MEASURE_ROUNDS; i++)
  {
    uint64_t begin_ns = measure_now_ns();
    run();
    took_ns[i] = measure_now_ns() - begin_ns;
  }
  qsort(took_ns, MEASURE_ROUNDS, sizeof(took_ns[0]), measure_compare);
  fprintf(stderr, "%s %.4f ns\n", name, (double) took_ns[MEASURE_ROUNDS / 2] / (double) operations);
}

#endif
