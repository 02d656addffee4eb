/* OpenMP regions of every kind in random order: loops, reductions, tasks, barriers, regions in
 * regions and more threads than CPUs, threads that are made for one region and thrown away. SIZE is
 * how many regions there are at least. */
#include <omp.h>
#include <pthread.h>

#include "stress.h"

#define THREADS_MOST 16
#define PHASES       4
#define TASKS        24
#define COUNT        60

static long sum_below(long n)
{
  return n * (n - 1) / 2;
}

static bool reduce(int threads)
{
  long sum = 0;
  int size = 0;
#pragma omp parallel num_threads(threads) reduction(+ : sum) reduction(max : size)
  {
    sum += omp_get_thread_num();
    size = omp_get_num_threads();
  }
  return size == threads && sum == sum_below(threads);
}

static bool loop(int threads, int chunk)
{
  unsigned char done[COUNT] = {0};
  bool once = true;
#pragma omp parallel num_threads(threads)
  {
#pragma omp for schedule(dynamic, chunk) nowait
    for (int i = 0; i < COUNT; i++)
      __atomic_add_fetch(&done[i], 1, __ATOMIC_RELAXED);
#pragma omp for schedule(guided, chunk)
    for (int i = 0; i < COUNT; i++)
      __atomic_add_fetch(&done[i], 1, __ATOMIC_RELAXED);
#pragma omp for schedule(static) reduction(&& : once)
    for (int i = 0; i < COUNT; i++)
      once = once && done[i] == 2;
  }
  return once;
}

static bool barriers(int threads)
{
  int phase[THREADS_MOST] = {0};
  bool right = true;
#pragma omp parallel num_threads(threads) reduction(&& : right)
  for (int i = 1; i <= PHASES; i++)
  {
    phase[omp_get_thread_num()] = i;
#pragma omp barrier
    for (int j = 0; j < threads; j++)
      right = right && phase[j] == i;
#pragma omp barrier
  }
  return right;
}

static bool tasks(int threads)
{
  long free_sum = 0;
  int chain = 0;
  bool in_order = true;
#pragma omp parallel num_threads(threads)
#pragma omp single
  {
    for (int i = 0; i < TASKS; i++)
    {
#pragma omp task shared(free_sum)
#pragma omp atomic
      free_sum += i;
#pragma omp task shared(chain, in_order) depend(inout : chain)
      in_order = in_order && chain++ == i;
    }
#pragma omp taskgroup
    {
#pragma omp task shared(free_sum)
      {
#pragma omp task shared(free_sum)
#pragma omp atomic
        free_sum += 1000;
      }
    }
  }
  return in_order && chain == TASKS && free_sum == sum_below(TASKS) + 1000;
}

static bool nest(int outer, int inner)
{
  long sum = 0;
#pragma omp parallel num_threads(outer) reduction(+ : sum)
  {
#pragma omp parallel num_threads(inner) reduction(+ : sum)
    {
#pragma omp parallel num_threads(2) reduction(+ : sum)
      sum += omp_get_level() == 3 ? 1 : 1000;
    }
  }
  return sum == 2l * outer * inner;
}

static bool lock(int threads)
{
  omp_nest_lock_t nest_lock;
  int locked = 0;
  int critical = 0;
  omp_init_nest_lock(&nest_lock);
#pragma omp parallel num_threads(threads)
  {
    omp_set_nest_lock(&nest_lock);
    omp_set_nest_lock(&nest_lock);
    locked++;
    omp_unset_nest_lock(&nest_lock);
    omp_unset_nest_lock(&nest_lock);
#pragma omp critical
    critical++;
  }
  omp_destroy_nest_lock(&nest_lock);
  return locked == threads && critical == threads;
}

/* One region, sometimes of more threads than there are CPUs. */
static bool run_region(struct random *random)
{
  int cpus = omp_get_num_procs() < THREADS_MOST ? omp_get_num_procs() : THREADS_MOST;
  int most = random_below(random, 1000) == 0 ? THREADS_MOST : cpus;
  int threads = 1 + (int) random_below(random, (uint64_t) most);
  switch (random_below(random, 40))
  {
  case 0:
    return tasks(threads);
  case 1:
    return barriers(threads);
  case 2:
    return loop(threads, 1 + (int) random_below(random, 20));
  case 3:
    return lock(threads);
  default:
    return reduce(threads);
  }
}

/* Another thread with regions of its own: its helpers end with it. */
static void *run_some(void *argument)
{
  struct random random = random_begin((uintptr_t) argument);
  uintptr_t good = 1;
  for (int i = 0; i < 20; i++)
    good = good && run_region(&random);
  return (void *) good; /* NOLINT(performance-no-int-to-ptr) */
}

static void run_beside(uintptr_t stream)
{
  pthread_t other;
  void *good = NULL;
  CHECK(pthread_create(&other, NULL, run_some, (void *) stream) == 0);
  CHECK(run_some((void *) (stream + 1)) != NULL);
  CHECK(pthread_join(other, &good) == 0 && good != NULL);
}

int main(int argc, char **argv)
{
  /* Where the host has not a CPU for each of the guest's, or has to share them, a region takes as
   * long as it takes to wake threads. */
  stress_begin(argc, argv, omp_get_num_procs() == 1 ? 100000 : 10000);
  omp_set_max_active_levels(3);
  struct random random = random_begin(0);
  for (uint64_t i = 0; (i < stress_size || stress_goes_on()) && check_failures == 0; i++)
  {
    uint64_t what = random_below(&random, 5000);
    if (what == 0)
      run_beside(100 + 2 * i);
    else if (what == 1)
      CHECK(omp_pause_resource_all(omp_pause_soft) == 0);
    else if (what < 8)
      CHECK(nest(1 + (int) random_below(&random, 3), 1 + (int) random_below(&random, 3)));
    else
      CHECK(run_region(&random));
  }
  return stress_finish();
}
