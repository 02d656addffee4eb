/* Worksharing loops: every schedule gives each iteration to one thread, once. */
#include <limits.h>
#include <omp.h>
#include <stdint.h>
#include <string.h>

#include "../guest/check.h"

#define COUNT 1003

static unsigned char done[COUNT];
static int owner[COUNT];

static void begin(void)
{
  memset(done, 0, sizeof(done));
  memset(owner, -1, sizeof(owner));
}

static void note(int i)
{
  owner[i] = omp_get_thread_num();
  __atomic_add_fetch(&done[i], 1, __ATOMIC_RELAXED);
}

static bool all_once(void)
{
  for (int i = 0; i < COUNT; i++)
  {
    if (done[i] != 1 || owner[i] < 0)
      return false;
  }
  return true;
}

static void check_static(void)
{
  int threads = omp_get_max_threads();
  begin();
#pragma omp parallel for schedule(static)
  for (int i = 0; i < COUNT; i++)
    note(i);
  CHECK(all_once());
  /* One range each, in the order of the threads. */
  bool rises = true;
  for (int i = 1; i < COUNT; i++)
    rises = rises && owner[i] >= owner[i - 1];
  CHECK(rises && owner[0] == 0 && owner[COUNT - 1] == threads - 1);
  begin();
#pragma omp parallel for schedule(static, 7)
  for (int i = 0; i < COUNT; i++)
    note(i);
  CHECK(all_once());
  bool in_turn = true;
  for (int i = 0; i < COUNT; i++)
    in_turn = in_turn && owner[i] == i / 7 % threads;
  CHECK(in_turn);
  /* Equal loops of one region give a thread the same iterations. */
  bool same = true;
  begin();
#pragma omp parallel reduction(&& : same)
  {
#pragma omp for schedule(static) nowait
    for (int i = 0; i < COUNT; i++)
      note(i);
#pragma omp for schedule(static)
    for (int i = 0; i < COUNT; i++)
      same = same && owner[i] == omp_get_thread_num();
  }
  CHECK(same && all_once());
}

static void check_dynamic(void)
{
  begin();
#pragma omp parallel for schedule(dynamic)
  for (int i = 0; i < COUNT; i++)
    note(i);
  CHECK(all_once());
  begin();
#pragma omp parallel for schedule(monotonic : dynamic, 5)
  for (int i = 0; i < COUNT; i++)
    note(i);
  CHECK(all_once());
  bool chunks = true;
  for (int i = 0; i < COUNT; i++)
    chunks = chunks && owner[i] == owner[i / 5 * 5];
  CHECK(chunks);
  begin();
#pragma omp parallel for schedule(nonmonotonic : guided, 3)
  for (int i = 0; i < COUNT; i++)
    note(i);
  CHECK(all_once());
  begin();
#pragma omp parallel for schedule(auto)
  for (int i = 0; i < COUNT; i++)
    note(i);
  CHECK(all_once());
}

static void check_runtime(void)
{
  static const omp_sched_t kinds[] = {omp_sched_static, omp_sched_dynamic, omp_sched_guided,
                                      omp_sched_auto};
  for (unsigned int k = 0; k < 4; k++)
  {
    for (int chunk = 1; chunk < 2000; chunk += 667)
    {
      omp_sched_t kind;
      int size;
      omp_set_schedule(kinds[k], chunk);
      omp_get_schedule(&kind, &size);
      CHECK(kind == kinds[k] && (kind == omp_sched_auto || size == chunk));
      begin();
#pragma omp parallel for schedule(runtime)
      for (int i = 0; i < COUNT; i++)
        note(i);
      CHECK(all_once());
    }
  }
}

static void check_bounds(void)
{
  int passes = 0;
#pragma omp parallel for schedule(dynamic) reduction(+ : passes)
  for (int i = 5; i < 5; i++)
    passes++;
  CHECK(passes == 0);
#pragma omp parallel for schedule(guided) reduction(+ : passes)
  for (int i = 10; i > -11; i -= 3)
    passes += i;
  CHECK(passes == 10 + 7 + 4 + 1 - 2 - 5 - 8);
  passes = 0;
#pragma omp parallel for schedule(dynamic, 2) reduction(+ : passes)
  for (int i = INT_MAX - 9; i < INT_MAX; i += 2)
    passes++;
  CHECK(passes == 5);
  uint64_t sum = 0;
#pragma omp parallel for schedule(dynamic) reduction(+ : sum)
  for (uint64_t i = UINT64_MAX - 4; i < UINT64_MAX; i++)
    sum += UINT64_MAX - i;
  CHECK(sum == 4 + 3 + 2 + 1);
  sum = 0;
#pragma omp parallel for schedule(guided) reduction(+ : sum)
  for (int64_t i = INT64_MIN; i < INT64_MIN + 1000; i += 250)
    sum += (uint64_t) (i - INT64_MIN);
  CHECK(sum == 250 + 500 + 750);
  const char *text = "omp";
  sum = 0;
#pragma omp parallel for reduction(+ : sum)
  for (const char *c = text; c < text + 3; c++)
    sum += (uint64_t) (unsigned char) *c;
  CHECK(sum == 'o' + 'm' + 'p');
}

static void check_collapse(void)
{
  static unsigned char seen[7][9][11];
  memset(seen, 0, sizeof(seen));
#pragma omp parallel for collapse(3) schedule(dynamic, 4)
  for (int i = 0; i < 7; i++)
    for (int j = 0; j < 9; j++)
      for (int k = 10; k >= 0; k--)
        __atomic_add_fetch(&seen[i][j][k], 1, __ATOMIC_RELAXED);
  bool once = true;
  for (size_t i = 0; i < sizeof(seen); i++)
    once = once && ((unsigned char *) seen)[i] == 1;
  CHECK(once);
  /* A triangle: the inner bound depends on the outer counter. */
  int pairs = 0;
#pragma omp parallel for collapse(2) reduction(+ : pairs)
  for (int i = 0; i < 20; i++)
    for (int j = 0; j <= i; j++)
      pairs += i * 100 + j;
  int expected = 0;
  for (int i = 0; i < 20; i++)
    for (int j = 0; j <= i; j++)
      expected += i * 100 + j;
  CHECK(pairs == expected);
}

static void check_private(void)
{
  int first = 40;
  int last = -1;
  int mine = 5;
  bool right = true;
#pragma omp parallel for firstprivate(first) lastprivate(last) private(mine) \
    reduction(&& : right) schedule(dynamic, 3)
  for (int i = 0; i < 100; i++)
  {
    mine = i;
    last = first + i;
    right = right && mine == i;
  }
  CHECK(right && last == 139 && first == 40 && mine == 5);
  int found = -1;
#pragma omp parallel for lastprivate(conditional : found)
  for (int i = 0; i < 100; i++)
    if (i % 7 == 3)
      found = i;
  CHECK(found == 94);
  int step = 0;
#pragma omp parallel for linear(step : 2) reduction(&& : right)
  for (int i = 0; i < 100; i++)
  {
    right = right && step == 2 * i;
    step += 2;
  }
  CHECK(right && step == 200);
}

static void check_ordered(void)
{
  int next = 0;
  bool in_order = true;
#pragma omp parallel for ordered schedule(dynamic)
  for (int i = 0; i < 200; i++)
  {
#pragma omp ordered
    {
      in_order = in_order && next == i;
      next++;
    }
  }
  CHECK(in_order && next == 200);
#pragma omp parallel for ordered schedule(static, 3)
  for (int i = 199; i >= 0; i--)
  {
#pragma omp ordered
    {
      next--;
      in_order = in_order && next == i;
    }
  }
  CHECK(in_order && next == 0);
}

/* Each element depends on those above and to the left: doacross. */
static void check_wavefront(void)
{
  enum
  {
    SIDE = 24
  };
  static long cell[SIDE][SIDE];
  for (int i = 0; i < SIDE; i++)
    cell[i][0] = cell[0][i] = 1;
#pragma omp parallel for ordered(2) schedule(dynamic)
  for (int i = 1; i < SIDE; i++)
    for (int j = 1; j < SIDE; j++)
    {
#pragma omp ordered depend(sink : i - 1, j) depend(sink : i, j - 1)
      cell[i][j] = (cell[i - 1][j] + cell[i][j - 1]) % 1000007;
#pragma omp ordered depend(source)
    }
  bool right = true;
  for (int i = 1; i < SIDE; i++)
    for (int j = 1; j < SIDE; j++)
      right = right && cell[i][j] == (cell[i - 1][j] + cell[i][j - 1]) % 1000007;
  CHECK(right);
}

#pragma omp declare simd notinbranch
static float twice(float x)
{
  return 2 * x + 1;
}

static void check_simd(void)
{
  static float a[COUNT], b[COUNT];
  for (int i = 0; i < COUNT; i++)
    b[i] = (float) i;
#pragma omp simd
  for (int i = 0; i < COUNT; i++)
    a[i] = twice(b[i]);
  double sum = 0;
#pragma omp parallel for simd reduction(+ : sum) aligned(a : 16) schedule(static)
  for (int i = 0; i < COUNT; i++)
    sum += (double) a[i];
  CHECK(sum == (double) COUNT * COUNT);
#pragma omp parallel
#pragma omp for simd safelen(4) nowait
  for (int i = 0; i < COUNT; i++)
    a[i] = b[i] - 1;
  CHECK(a[0] == -1 && a[COUNT - 1] == COUNT - 2);
#pragma omp parallel
#pragma omp loop
  for (int i = 0; i < COUNT; i++)
    a[i] += 1;
  CHECK(memcmp(a, b, sizeof(a)) == 0);
}

int main(void)
{
  check_static();
  check_dynamic();
  check_runtime();
  check_bounds();
  check_collapse();
  check_private();
  check_ordered();
  check_wavefront();
  check_simd();
  return check_finish();
}
