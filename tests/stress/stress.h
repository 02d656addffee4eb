/* What the stress tests share: how long they go on, random numbers, the end.
 *
 * usage of each: NAME [SECONDS [SIZE [SEED]]]. A test repeats its rounds until the seconds are
 * over, one at least. SIZE is how much one round does, less on slow machines. */
#ifndef TESTS_STRESS_STRESS_H
#define TESTS_STRESS_STRESS_H

#include <stdint.h>
#include <stdlib.h>

#include <uhyve/task.h>

#include "../guest/check.h"

#define US 1000ull
#define MS 1000000ull
#define S  1000000000ull

static uint64_t stress_end_ns;
static uint64_t stress_seed;
static unsigned int stress_size;

static inline void stress_begin(int argc, char **argv, unsigned int size)
{
  stress_end_ns = uhyve_now() + (uint64_t) ((argc > 1 ? strtod(argv[1], NULL) : 2.0) * 1e9);
  stress_size = argc > 2 && atoi(argv[2]) > 0 ? (unsigned int) atoi(argv[2]) : size;
  stress_seed = argc > 3 ? strtoull(argv[3], NULL, 0) : __builtin_ia32_rdtsc();
}

static inline bool stress_goes_on(void)
{
  return uhyve_now() < stress_end_ns;
}

/* A stream of random numbers for each thread: its number is the stream's. */
struct random
{
  uint64_t state;
};

static inline struct random random_begin(uint64_t stream)
{
  return (struct random){stress_seed ^ (stream + 1) * 0x9e3779b97f4a7c15};
}

/* Below limit. (splitmix64) */
static inline uint64_t random_below(struct random *random, uint64_t limit)
{
  uint64_t z = random->state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return (z ^ z >> 31) % limit;
}

static inline int stress_finish(void)
{
  if (check_failures != 0)
    fprintf(stderr, "seed %llu\n", (unsigned long long) stress_seed);
  return check_finish();
}

#endif
