/* What OpenMP's constructs cost, after the EPCC microbenchmarks (Bull, "Measuring Synchronisation
 * and Scheduling Overheads in OpenMP", EWOMP 1999): the time of a construct around a short delay,
 * less that of the delay alone. usage: omp_overheads THREADS */
#include <omp.h>
#include <stdbool.h>

#include "measure.h"

#define REPETITIONS 2000
#define ROUNDS      21
#define DELAY_STEPS 50

static int threads;
static omp_lock_t lock;
static double shared_sum;
static volatile double sink;

/* About 0.1 us that the compiler cannot leave out. */
static inline void delay(void)
{
  double sum = 0;
  for (int i = 0; i < DELAY_STEPS; i++)
  {
    sum += i;
    __asm__ volatile("" : "+x"(sum));
  }
}

static void reference(void)
{
  for (int i = 0; i < REPETITIONS; i++)
    delay();
}

static void parallel(void)
{
  for (int i = 0; i < REPETITIONS; i++)
  {
#pragma omp parallel num_threads(threads)
    delay();
  }
}

static void parallel_for(void)
{
  for (int i = 0; i < REPETITIONS; i++)
  {
#pragma omp parallel for num_threads(threads)
    for (int j = 0; j < threads; j++)
      delay();
  }
}

static void worksharing(void)
{
#pragma omp parallel num_threads(threads)
  for (int i = 0; i < REPETITIONS; i++)
  {
#pragma omp for
    for (int j = 0; j < threads; j++)
      delay();
  }
}

static void barrier(void)
{
#pragma omp parallel num_threads(threads)
  for (int i = 0; i < REPETITIONS; i++)
  {
    delay();
#pragma omp barrier
  }
}

static void single(void)
{
#pragma omp parallel num_threads(threads)
  for (int i = 0; i < REPETITIONS; i++)
  {
#pragma omp single
    delay();
  }
}

/* All threads share the repetitions: one delay at a time. */
static void critical(void)
{
#pragma omp parallel num_threads(threads)
  for (int i = 0; i < REPETITIONS / threads; i++)
  {
#pragma omp critical
    delay();
  }
}

static void locked(void)
{
#pragma omp parallel num_threads(threads)
  for (int i = 0; i < REPETITIONS / threads; i++)
  {
    omp_set_lock(&lock);
    delay();
    omp_unset_lock(&lock);
  }
}

static void reduction(void)
{
  for (int i = 0; i < REPETITIONS; i++)
  {
    double sum = 0;
#pragma omp parallel reduction(+ : sum) num_threads(threads)
    {
      delay();
      sum += 1;
    }
    shared_sum += sum;
  }
  sink = shared_sum;
}

/* Each thread makes tasks, and all run them. */
static void task(void)
{
#pragma omp parallel num_threads(threads)
  for (int i = 0; i < REPETITIONS; i++)
  {
#pragma omp task
    delay();
  }
}

static uint64_t median(void (*run)(void))
{
  uint64_t took[ROUNDS];
  run();
  for (int i = 0; i < ROUNDS; i++)
  {
    uint64_t begin = measure_now_cycles();
    run();
    took[i] = measure_now_cycles() - begin;
  }
  return measure_percentile(took, ROUNDS, 50);
}

int main(int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*run)(void);
  } constructs[] = {{"parallel", parallel}, {"parallel_for", parallel_for},
                    {"for", worksharing},   {"barrier", barrier},
                    {"single", single},     {"critical", critical},
                    {"lock", locked},       {"reduction", reduction},
                    {"task", task}};
  threads = measure_threads(argc, argv);
  measure_check(threads >= 1, "reading the number of threads");
  omp_set_dynamic(false);
  omp_init_lock(&lock);
  uint64_t delays = median(reference);
  for (unsigned int i = 0; i < sizeof(constructs) / sizeof(constructs[0]); i++)
  {
    char name[64];
    snprintf(name, sizeof(name), "omp_%s_%d", constructs[i].name, threads);
    measure_print(name, ((double) median(constructs[i].run) - (double) delays) / REPETITIONS,
                  "cycles");
  }
  return 0;
}
