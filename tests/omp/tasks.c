/* Tasks: dependences, groups, loops of tasks, priorities, events, tasks that make tasks. */
#include <omp.h>
#include <string.h>

#include "../guest/check.h"

#define COUNT 300

static long fibonacci(int n)
{
  long a;
  long b;
  if (n < 2)
    return n;
#pragma omp task shared(a) if (n > 8)
  a = fibonacci(n - 1);
#pragma omp task shared(b) final(n < 6) mergeable
  b = fibonacci(n - 2);
#pragma omp taskwait
  return a + b;
}

static void check_nesting(void)
{
  long result = 0;
#pragma omp parallel
#pragma omp single
  result = fibonacci(16);
  CHECK(result == 987);
  /* A barrier and the end of the region wait for all tasks. */
  int done = 0;
#pragma omp parallel
  {
#pragma omp for nowait
    for (int i = 0; i < COUNT; i++)
    {
#pragma omp task
#pragma omp atomic
      done++;
    }
#pragma omp barrier
#pragma omp single nowait
    if (done == COUNT)
    {
#pragma omp task
      {
#pragma omp task
#pragma omp atomic
        done++;
      }
    }
  }
  CHECK(done == COUNT + 1);
}

static void check_order(void)
{
  int log[COUNT];
  int length = 0;
  int x = 0;
  (void) x;
#pragma omp parallel
#pragma omp single
  for (int i = 0; i < COUNT; i++)
  {
#pragma omp task depend(inout : x) firstprivate(i)
    log[length++] = i;
  }
  bool in_order = length == COUNT;
  for (int i = 0; i < length; i++)
    in_order = in_order && log[i] == i;
  CHECK(in_order);
}

/* A writer, then readers in any order, then a writer that must see them all. */
static void check_dependences(void)
{
  int x = 0;
  int read[8];
  int sum = -1;
  memset(read, 0, sizeof(read));
#pragma omp parallel
#pragma omp single
  {
#pragma omp task depend(out : x)
    x = 5;
    for (int i = 0; i < 8; i++)
    {
#pragma omp task depend(in : x) depend(out : read[i])
      read[i] = x + i;
    }
#pragma omp task depend(inout : x)
    x = 6;
#pragma omp task depend(iterator(int i = 0 : 8), in : read[i]) depend(in : x)
    {
      sum = x;
      for (int i = 0; i < 8; i++)
        sum += read[i];
    }
#pragma omp taskwait
  }
  CHECK(x == 6 && sum == 6 + 8 * 5 + 28);
  int both = 0;
  int after = 0;
#pragma omp parallel
#pragma omp single
  {
    for (int i = 0; i < 40; i++)
    {
#pragma omp task depend(mutexinoutset : both)
      both++; /* in any order, one at a time */
    }
#pragma omp task depend(in : both) depend(out : after)
    after = both;
#pragma omp taskwait depend(in : after)
#pragma omp task depend(out : after)
    after++;
  }
  CHECK(both == 40 && after == 41);
  omp_depend_t handle;
  int y = 0;
#pragma omp depobj(handle) depend(inout : y)
#pragma omp parallel
#pragma omp single
  for (int i = 0; i < 20; i++)
  {
#pragma omp task depend(depobj : handle)
    y = y * 2 % 1009 + 1;
  }
#pragma omp depobj(handle) destroy
  int expected = 0;
  for (int i = 0; i < 20; i++)
    expected = expected * 2 % 1009 + 1;
  CHECK(y == expected);
}

static void check_groups(void)
{
  int inside = 0;
  int at_end = -1;
#pragma omp parallel
#pragma omp single
  {
#pragma omp taskgroup
    {
#pragma omp task
      {
        for (int i = 0; i < 10; i++)
        {
#pragma omp task
#pragma omp atomic
          inside++;
        }
      }
    }
    at_end = inside;
  }
  CHECK(at_end == 10);
}

static void check_loops(void)
{
  static unsigned char done[COUNT];
  int tasks = 0;
#pragma omp parallel
#pragma omp single
  {
#pragma omp taskloop grainsize(10)
    for (int i = 0; i < COUNT; i++)
      __atomic_add_fetch(&done[i], 1, __ATOMIC_RELAXED);
#pragma omp taskloop num_tasks(5) nogroup shared(tasks)
    for (int i = 0; i < COUNT; i++)
      if (i % 60 == 0)
      {
#pragma omp atomic
        tasks++;
      }
#pragma omp taskwait
#pragma omp taskloop simd collapse(2)
    for (int i = 0; i < 10; i++)
      for (int j = 0; j < COUNT / 10; j++)
        done[10 * j + i]++;
  }
  bool twice = true;
  for (int i = 0; i < COUNT; i++)
    twice = twice && done[i] == 2;
  CHECK(twice && tasks == 5);
}

/* Of tasks that wait the one of the highest priority is next. OMP_MAX_TASK_PRIORITY allows 10. */
static void check_priorities(void)
{
  int log[4] = {-1, -1, -1, -1};
  int length = 0;
  CHECK(omp_get_max_task_priority() == 10);
  int started = 0;
  int go = 0;
#pragma omp parallel num_threads(2)
#pragma omp master
  {
    /* Keeps the other thread busy meanwhile. */
#pragma omp task shared(started, go)
    {
      int seen = 0;
#pragma omp atomic write
      started = 1;
      while (seen == 0)
      {
#pragma omp atomic read
        seen = go;
      }
    }
    int seen = 0;
    while (seen == 0)
    {
#pragma omp atomic read
      seen = started;
    }
    for (int i = 0; i < 4; i++)
    {
#pragma omp task priority(i) shared(log, length) firstprivate(i) depend(out : log[i])
      {
        int at;
#pragma omp atomic capture
        at = length++;
        log[at] = i;
        if (at == 3)
        {
#pragma omp atomic write
          go = 1;
        }
      }
    }
#pragma omp taskwait
  }
  CHECK(log[0] == 3 && log[1] == 2 && log[2] == 1 && log[3] == 0);
}

static void check_events(void)
{
  omp_event_handle_t event;
  int order = 0;
  int detached_at = -1;
  int after_at = -1;
  int x = 0;
  (void) x;
#pragma omp parallel num_threads(2)
#pragma omp single
  {
#pragma omp task detach(event) depend(out : x)
#pragma omp atomic capture
    detached_at = order++;
#pragma omp task depend(in : x)
#pragma omp atomic capture
    after_at = order++; /* only when the event is fulfilled too */
    int now;
    do
    {
#pragma omp taskyield
#pragma omp atomic read
      now = detached_at;
    } while (now < 0);
#pragma omp atomic capture
    now = order++;
    omp_fulfill_event(event);
#pragma omp taskwait
  }
  CHECK(detached_at == 0 && after_at == 2);
}

static void check_data(void)
{
  int sum = 0;
  int first = 10;
#pragma omp parallel
#pragma omp single
  {
    int local = 7;
    for (int i = 0; i < 20; i++)
    {
#pragma omp task firstprivate(local) shared(sum) untied
      {
        local += i;
#pragma omp atomic
        sum += local + first;
      }
    }
#pragma omp taskwait
    CHECK(local == 7);
  }
  CHECK(sum == 20 * 17 + 190);
  int ran = 0;
#pragma omp parallel
#pragma omp single
  {
#pragma omp task shared(ran) if (0)
    ran = 1; /* at once */
    CHECK(ran == 1);
  }
  int in_final = 0;
#pragma omp parallel num_threads(1)
#pragma omp task final(1) shared(in_final)
  in_final = omp_in_final();
  CHECK(in_final && !omp_in_final());
}

int main(void)
{
  check_nesting();
  check_order();
  check_dependences();
  check_groups();
  check_loops();
  check_priorities();
  check_events();
  check_data();
  return check_finish();
}
