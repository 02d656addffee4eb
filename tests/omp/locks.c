/* Locks and nestable locks. */
#include <omp.h>

#include "../guest/check.h"

#define ROUNDS  2000
#define THREADS 4

static void check_lock(void)
{
  omp_lock_t lock;
  int count = 0;
  omp_init_lock(&lock);
  CHECK(omp_test_lock(&lock) != 0);
  CHECK(omp_test_lock(&lock) == 0);
  omp_unset_lock(&lock);
#pragma omp parallel num_threads(THREADS)
  for (int i = 0; i < ROUNDS; i++)
  {
    omp_set_lock(&lock);
    count++;
    omp_unset_lock(&lock);
  }
  CHECK(count == THREADS * ROUNDS);
  int taken = 0;
  int tries = 0;
#pragma omp parallel num_threads(THREADS) reduction(+ : taken, tries)
  for (int i = 0; i < ROUNDS; i++)
  {
    tries++;
    if (omp_test_lock(&lock))
    {
      taken++;
      count--;
      omp_unset_lock(&lock);
    }
  }
  CHECK(tries == THREADS * ROUNDS && taken > 0 && count == tries - taken);
  /* It need not be the one who has set it that unsets it. */
  omp_set_lock(&lock);
  int reached = 0;
#pragma omp parallel num_threads(2)
  {
    if (omp_get_thread_num() == 1)
      omp_unset_lock(&lock);
    else
    {
      omp_set_lock(&lock);
      reached = 1;
    }
  }
  CHECK(reached == 1);
  omp_unset_lock(&lock);
  omp_destroy_lock(&lock);
}

static void check_nest_lock(void)
{
  omp_nest_lock_t lock;
  int count = 0;
  omp_init_nest_lock(&lock);
  CHECK(omp_test_nest_lock(&lock) == 1);
  CHECK(omp_test_nest_lock(&lock) == 2);
  omp_set_nest_lock(&lock);
  int others = 0;
#pragma omp parallel num_threads(2) reduction(+ : others)
  if (omp_get_thread_num() == 1)
    others += omp_test_nest_lock(&lock);
  CHECK(others == 0);
  for (int i = 0; i < 3; i++)
    omp_unset_nest_lock(&lock);
#pragma omp parallel num_threads(THREADS)
  for (int i = 0; i < ROUNDS; i++)
  {
    omp_set_nest_lock(&lock);
    omp_set_nest_lock(&lock);
    count++;
    omp_unset_nest_lock(&lock);
    omp_unset_nest_lock(&lock);
  }
  CHECK(count == THREADS * ROUNDS);
  omp_destroy_nest_lock(&lock);
}

int main(void)
{
  check_lock();
  check_nest_lock();
  return check_finish();
}
