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

/* The TSC, not read before what comes before it is done. (Builtins: <x86intrin.h> would be most of
 * what a compiler reads of each program.) */
static inline uint64_t measure_now_cycles(void)
{
  __builtin_ia32_lfence();
  return __builtin_ia32_rdtsc();
}

static inline int measure_compare(const void *left, const void *right)
{
  uint64_t a = *(const uint64_t *) left;
  uint64_t b = *(const uint64_t *) right;
  return (a > b) - (a < b);
}

/* The one argument of a program that takes a number of threads; 1 without. */
static inline int measure_threads(int argc, char **argv)
{
  return argc == 2 ? (int) strtol(argv[1], NULL, 10) : 1;
}

/* Sorts the values and returns the one that 'percent' of them are below. */
static inline uint64_t measure_percentile(uint64_t *values, size_t count, unsigned int percent)
{
  qsort(values, count, sizeof(values[0]), measure_compare);
  return values[count * percent / 100];
}

/* One result: "NAME VALUE UNIT" on standard error, which no program here uses for anything else. */
static inline void measure_print(const char *name, double value, const char *unit)
{
  fprintf(stderr, "%s %.4f %s\n", name, value, unit);
}

static inline void measure_rounds_by(const char *name, void (*run)(void), uint64_t operations,
                                     uint64_t (*now)(void), const char *unit)
{
  uint64_t took[MEASURE_ROUNDS];
  run();
  for (int i = 0; i < MEASURE_ROUNDS; i++)
  {
    uint64_t begin = now();
    run();
    took[i] = now() - begin;
  }
  measure_print(name, (double) measure_percentile(took, MEASURE_ROUNDS, 50) / (double) operations,
                unit);
}

/* Prints the time of one of the round's operations. */
static inline void measure_rounds(const char *name, void (*run)(void), uint64_t operations)
{
  measure_rounds_by(name, run, operations, measure_now_ns, "ns");
}

static inline void measure_rounds_cycles(const char *name, void (*run)(void), uint64_t operations)
{
  measure_rounds_by(name, run, operations, measure_now_cycles, "cycles");
}

/* Ends the program when what it measures does not work: no figure then. */
static inline void measure_check(int works, const char *what)
{
  if (works)
    return;
  fprintf(stderr, "%s failed\n", what);
  exit(EXIT_FAILURE);
}

#endif
