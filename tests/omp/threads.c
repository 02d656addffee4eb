/* OpenMP beside other threads: regions in threads of the program, the pool's end, what idle threads
 * cost. */
#define _GNU_SOURCE
#include <omp.h>
#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "../guest/check.h"

#define MASTERS 3
#define ROUNDS  30

static void *run_regions(void *argument)
{
  uintptr_t self = (uintptr_t) argument;
  uintptr_t good = 0;
  for (int i = 0; i < ROUNDS; i++)
  {
    int threads = 1 + (i + (int) self) % 4;
    int sum = 0;
#pragma omp parallel num_threads(threads) reduction(+ : sum)
    sum += omp_get_num_threads() * 100 + omp_get_thread_num();
    good += sum == threads * threads * 100 + threads * (threads - 1) / 2;
  }
  return (void *) good; /* NOLINT(performance-no-int-to-ptr) */
}

/* Each thread of the program is the master of its own regions; its helpers end with it. */
static void check_masters(void)
{
  for (int turn = 0; turn < 2; turn++)
  {
    pthread_t masters[MASTERS];
    for (uintptr_t i = 0; i < MASTERS; i++)
      CHECK(pthread_create(&masters[i], NULL, run_regions, (void *) i) == 0);
    CHECK((uintptr_t) run_regions(NULL) == ROUNDS);
    for (int i = 0; i < MASTERS; i++)
    {
      void *good = NULL;
      CHECK(pthread_join(masters[i], &good) == 0 && (uintptr_t) good == ROUNDS);
    }
  }
}

static int count_threads(void)
{
  int count = 0;
#pragma omp parallel num_threads(3) reduction(+ : count)
  count++;
  return count;
}

static void check_pause(void)
{
  CHECK(count_threads() == 3);
  CHECK(omp_pause_resource(omp_pause_soft, omp_get_initial_device()) == 0);
  CHECK(count_threads() == 3);
  CHECK(omp_pause_resource_all(omp_pause_hard) == 0);
  CHECK(count_threads() == 3);
}

static double process_seconds(void)
{
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}

/* Threads that wait for the next region spin for some milliseconds, and sleep then. */
static void check_idle(void)
{
  CHECK(count_threads() == 3);
  double share = 1;
  for (int i = 0; share > 0.2 && i < 50; i++)
  {
    double start = omp_get_wtime();
    double used = process_seconds();
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    share = (process_seconds() - used) / (omp_get_wtime() - start);
  }
  CHECK(share <= 0.2);
}

int main(void)
{
  check_masters();
  check_pause();
  check_idle();
  return check_finish();
}
