/* Parallel regions and what is in them: sections, single, masked, critical, atomic, barrier, data
 * of threads. */
#include <omp.h>
#include <string.h>

#include "../guest/check.h"

#define ROUNDS 200

static void check_parallel(void)
{
  int most = omp_get_max_threads();
  unsigned long seen = 0;
  int size = 0;
#pragma omp parallel reduction(| : seen) reduction(max : size)
  {
    seen |= 1ul << omp_get_thread_num();
    size = omp_get_num_threads();
  }
  CHECK(size == most && seen == (1ul << most) - 1);
  CHECK(!omp_in_parallel() && omp_get_num_threads() == 1 && omp_get_thread_num() == 0);
  for (int wanted = 1; wanted <= 7; wanted++)
  {
    int count = 0;
#pragma omp parallel num_threads(wanted) reduction(+ : count)
    count += omp_get_num_threads() == wanted && omp_in_parallel() == (wanted > 1);
    CHECK(count == wanted);
  }
  int alone = 0;
#pragma omp parallel if (most > 1000) reduction(+ : alone)
  alone += omp_get_num_threads();
  CHECK(alone == 1);
}

static void check_sections(void)
{
  int done[5] = {0};
  int last = 0;
#pragma omp parallel
  {
#pragma omp sections lastprivate(last)
    {
#pragma omp section
      done[0]++;
#pragma omp section
      done[1]++;
#pragma omp section
      done[2]++;
#pragma omp section
      {
        done[3]++;
        last = 77;
      }
    }
#pragma omp sections nowait
    {
#pragma omp section
      done[4]++;
    }
  }
  CHECK(done[0] == 1 && done[1] == 1 && done[2] == 1 && done[3] == 1 && done[4] == 1);
  CHECK(last == 77);
}

static void check_single(void)
{
  int times = 0;
  int masters = 0;
  int masked = 0;
  bool copied = true;
#pragma omp parallel reduction(&& : copied)
  {
    int value = -1;
    for (int i = 0; i < ROUNDS; i++)
    {
#pragma omp single
      times++;
#pragma omp single copyprivate(value)
      value = i;
      copied = copied && value == i;
    }
#pragma omp master
    masters += omp_get_thread_num() + 1;
#pragma omp masked filter(omp_get_num_threads() - 1)
    masked += omp_get_thread_num() == omp_get_num_threads() - 1;
  }
  CHECK(times == ROUNDS && copied && masters == 1 && masked == 1);
}

static void check_critical(void)
{
  int a = 0;
  int b = 0;
  int inside = 0;
  bool alone = true;
#pragma omp parallel
  for (int i = 0; i < ROUNDS; i++)
  {
#pragma omp critical
    {
      alone = alone && ++inside == 1;
      a++;
      inside--;
    }
#pragma omp critical(other)
    b++;
#pragma omp critical(hinted) hint(omp_sync_hint_contended)
    b += 0;
  }
  CHECK(alone && a == ROUNDS * omp_get_max_threads() && b == a);
}

static void check_atomic(void)
{
  int count = 0;
  long tickets = 0;
  double sum = 0;
  long double wide = 0;
  unsigned char small = 0;
  int highest = 0;
  unsigned long bits = 0;
  bool once[8 * ROUNDS];
  memset(once, 0, sizeof(once));
  int threads = omp_get_max_threads() < 8 ? omp_get_max_threads() : 8;
#pragma omp parallel num_threads(threads)
  for (int i = 0; i < ROUNDS; i++)
  {
    long mine;
    int now;
#pragma omp atomic
    count++;
#pragma omp atomic capture
    mine = tickets++;
    once[mine] = true;
#pragma omp atomic update
    sum += 0.5;
#pragma omp atomic
    wide += 0.25L;
#pragma omp atomic
    small = (unsigned char) (small + 1);
#pragma omp atomic read seq_cst
    now = count;
    (void) now;
#pragma omp atomic write relaxed
    highest = now;
#pragma omp atomic update acq_rel
    bits |= 1ul << omp_get_thread_num();
#pragma omp atomic compare
    if (highest < 0)
    {
      highest = 0;
    }
  }
  bool all = true;
  for (int i = 0; i < threads * ROUNDS; i++)
    all = all && once[i];
  CHECK(all && count == threads * ROUNDS && tickets == count && sum == 0.5 * count);
  CHECK(wide == 0.25L * count && small == (unsigned char) count && highest > 0 &&
        highest <= count && bits == (1ul << threads) - 1);
}

/* What one phase writes the next reads, in other threads. */
static void check_barrier(void)
{
  enum
  {
    THREADS = 5
  };
  int phase[THREADS] = {0};
  bool right = true;
#pragma omp parallel num_threads(THREADS) reduction(&& : right)
  {
    int self = omp_get_thread_num();
    for (int i = 1; i <= ROUNDS; i++)
    {
      phase[self] = i;
#pragma omp barrier
      for (int j = 0; j < THREADS; j++)
        right = right && phase[j] == i;
#pragma omp barrier
    }
  }
  CHECK(right);
  int ready = 0;
  int data = 0;
#pragma omp parallel num_threads(2) shared(ready, data)
  {
    if (omp_get_thread_num() == 0)
    {
      data = 42;
#pragma omp flush
#pragma omp atomic write
      ready = 1;
    }
    else
    {
      int seen = 0;
      while (seen == 0)
      {
#pragma omp atomic read
        seen = ready;
      }
#pragma omp flush
      right = right && data == 42;
    }
  }
  CHECK(right);
}

static int kept = 3;
static _Thread_local int plain = 4;
static int block[16];
#pragma omp threadprivate(kept, block)

static void check_threadprivate(void)
{
  bool right = true;
  int threads = omp_get_max_threads();
  kept = 100;
  block[15] = 7;
#pragma omp parallel copyin(kept, block) reduction(&& : right)
  {
    right = right && kept == 100 && block[15] == 7 && plain == 4;
    kept += omp_get_thread_num();
    plain += omp_get_thread_num();
  }
  CHECK(right);
  /* The same threads, with what they had. */
#pragma omp parallel reduction(&& : right)
  right = right && kept == 100 + omp_get_thread_num() && plain == 4 + omp_get_thread_num();
  CHECK(right && kept == 100);
  int sum = 0;
#pragma omp parallel reduction(+ : sum)
#pragma omp single copyprivate(kept)
  kept = 55;
#pragma omp parallel reduction(+ : sum)
  sum += kept;
  CHECK(sum == 55 * threads);
}

static void check_default_data(void)
{
  int shared = 1;
  int first = 2;
  int mine = 3;
  int values[3] = {1, 2, 3};
  bool right = true;
#pragma omp parallel default(none) shared(shared) firstprivate(first, values) private(mine) \
    reduction(&& : right)
  {
    mine = omp_get_thread_num();
    first += mine;
    values[0] += mine;
#pragma omp barrier
    right = right && first == 2 + mine && values[0] == 1 + mine && values[2] == 3;
#pragma omp atomic
    shared++;
  }
  CHECK(right && shared == 1 + omp_get_max_threads() && first == 2 && mine == 3 && values[0] == 1);
}

int main(void)
{
  check_parallel();
  check_sections();
  check_single();
  check_critical();
  check_atomic();
  check_barrier();
  check_threadprivate();
  check_default_data();
  return check_finish();
}
