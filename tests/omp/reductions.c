/* Reductions: all operators, arrays, ones that the program defines, scans, tasks' reductions. */
#include <float.h>
#include <limits.h>
#include <omp.h>
#include <string.h>

#include "../guest/check.h"

#define COUNT 500

static void check_operators(void)
{
  long sum = 10;
  long less = 10;
  double product = 2;
  unsigned int both = ~0u;
  unsigned int either = 0;
  unsigned int odd = 0;
  int all = 1;
  int any = 0;
  int low = INT_MAX;
  double high = -DBL_MAX;
#pragma omp parallel for reduction(+ : sum) reduction(- : less) reduction(* : product) \
    reduction(& : both) reduction(| : either) reduction(^ : odd) reduction(&& : all)   \
    reduction(|| : any) reduction(min : low) reduction(max : high)
  for (int i = 1; i <= COUNT; i++)
  {
    sum += i;
    less -= i;
    product *= i % 50 == 0 ? 2 : 1;
    both &= ~(1u << i % 5);
    either |= 1u << i % 7;
    odd ^= (unsigned int) i;
    all = all && i > 0;
    any = any || i == COUNT;
    low = (i - 250) * (i - 250) < low ? (i - 250) * (i - 250) : low;
    high = i * 0.5 > high ? i * 0.5 : high;
  }
  unsigned int expected = 0;
  for (unsigned int i = 1; i <= COUNT; i++)
    expected ^= i;
  CHECK(sum == 10 + COUNT * (COUNT + 1) / 2);
  CHECK(less == 10 - COUNT * (COUNT + 1) / 2);
  CHECK(product == 2 * 1024.0);
  CHECK(both == ~31u && either == 127 && odd == expected);
  CHECK(all == 1 && any == 1 && low == 0 && high == COUNT * 0.5);
}

static void check_arrays(void)
{
  int counts[16] = {0};
  int *part = counts + 4;
#pragma omp parallel for reduction(+ : counts)
  for (int i = 0; i < COUNT; i++)
    counts[i % 16]++;
  int sum = 0;
  for (int i = 0; i < 16; i++)
    sum += counts[i];
  CHECK(sum == COUNT && counts[0] == COUNT / 16 + 1 && counts[15] == COUNT / 16);
  memset(counts, 0, sizeof(counts));
#pragma omp parallel for reduction(+ : part [2:3])
  for (int i = 0; i < COUNT; i++)
    part[2 + i % 3] += i;
  CHECK(counts[5] == 0 && counts[9] == 0 && part[2] + part[3] + part[4] == COUNT * (COUNT - 1) / 2);
  int length = 9;
  long sums[length];
  memset(sums, 0, sizeof(sums));
#pragma omp parallel for reduction(+ : sums[:length]) schedule(dynamic)
  for (int i = 0; i < COUNT; i++)
    sums[i % length] += i;
  long total = 0;
  for (int i = 0; i < length; i++)
    total += sums[i];
  CHECK(total == COUNT * (COUNT - 1) / 2);
}

struct extent
{
  int low;
  int high;
};

static void join(struct extent *to, const struct extent *from)
{
  if (from->low < to->low)
    to->low = from->low;
  if (from->high > to->high)
    to->high = from->high;
}

#pragma omp declare reduction(extent                     \
                              : struct extent            \
                              : join(&omp_out, &omp_in)) \
    initializer(omp_priv = {INT_MAX, INT_MIN})
#pragma omp declare reduction(times:double : omp_out *= omp_in) initializer(omp_priv = 1)

static void check_own(void)
{
  struct extent range = {INT_MAX, INT_MIN};
  double product = 3;
#pragma omp parallel for reduction(extent : range) reduction(times : product)
  for (int i = 0; i < COUNT; i++)
  {
    int value = (i * 37) % COUNT - 100;
    join(&range, &(struct extent){value, value});
    product *= i % 100 == 0 ? 2 : 1;
  }
  CHECK(range.low == -100 && range.high == COUNT - 101 && product == 96);
}

static void check_scan(void)
{
  static int inclusive[COUNT], exclusive[COUNT];
  int sum = 0;
#pragma omp parallel for reduction(inscan, + : sum)
  for (int i = 0; i < COUNT; i++)
  {
    sum += i;
#pragma omp scan inclusive(sum)
    inclusive[i] = sum;
  }
  CHECK(sum == COUNT * (COUNT - 1) / 2);
  sum = 0;
#pragma omp parallel for reduction(inscan, + : sum)
  for (int i = 0; i < COUNT; i++)
  {
    exclusive[i] = sum;
#pragma omp scan exclusive(sum)
    sum += i;
  }
  bool right = true;
  for (int i = 0; i < COUNT; i++)
    right = right && inclusive[i] == i * (i + 1) / 2 && exclusive[i] == i * (i - 1) / 2;
  CHECK(right);
}

static void check_tasks(void)
{
  int sum = 0;
  int total = 0;
#pragma omp parallel
#pragma omp single
#pragma omp taskgroup task_reduction(+ : sum)
  for (int i = 0; i < 50; i++)
  {
#pragma omp task in_reduction(+ : sum)
    sum += i;
  }
  CHECK(sum == 50 * 49 / 2);
#pragma omp parallel reduction(task, + : total)
  {
    total += 1000;
#pragma omp single
    for (int i = 0; i < 20; i++)
    {
#pragma omp task in_reduction(+ : total)
      total += i;
    }
  }
  CHECK(total == 1000 * omp_get_max_threads() + 190);
  long looped = 0;
#pragma omp parallel master
#pragma omp taskloop reduction(+ : looped) grainsize(8)
  for (int i = 0; i < COUNT; i++)
    looped += i;
  CHECK(looped == COUNT * (COUNT - 1) / 2);
}

int main(void)
{
  check_operators();
  check_arrays();
  check_own();
  check_scan();
  check_tasks();
  return check_finish();
}
