/* Cancellation, as OMP_CANCELLATION allows it; the argument says whether it does. */
#include <omp.h>
#include <string.h>

#include "../guest/check.h"

#define COUNT 100000

static void check_for(bool works)
{
  long passes = 0;
  int seen = 0;
#pragma omp parallel reduction(+ : passes) reduction(| : seen)
  {
#pragma omp for schedule(dynamic)
    for (int i = 0; i < COUNT; i++)
    {
      passes++;
      if (i >= 50)
      {
#pragma omp cancel for
      }
#pragma omp cancellation point for
    }
    seen |= 1 << omp_get_thread_num(); /* the region goes on behind the loop */
  }
  CHECK(works ? passes < COUNT && passes > 50 : passes == COUNT);
  CHECK(seen == (1 << omp_get_max_threads()) - 1);
}

static void check_parallel(bool works)
{
  int behind = 0;
#pragma omp parallel reduction(+ : behind)
  {
    if (omp_get_thread_num() == omp_get_num_threads() - 1)
    {
#pragma omp cancel parallel
    }
    /* Those who wait here are let go, too. */
#pragma omp barrier
#pragma omp cancellation point parallel
    behind++;
  }
  CHECK(behind == (works ? 0 : omp_get_max_threads()));
}

static void check_condition(void)
{
  int behind = 0;
#pragma omp parallel reduction(+ : behind)
  {
#pragma omp cancel parallel if (behind > 0)
#pragma omp barrier
    behind++;
  }
  CHECK(behind == omp_get_max_threads());
}

static void check_sections(bool works)
{
  int done = 0;
#pragma omp parallel num_threads(1)
#pragma omp sections
  {
#pragma omp section
    {
      done++;
#pragma omp cancel sections
      done += 10;
    }
#pragma omp section
    done += 100;
  }
  CHECK(done == (works ? 1 : 111));
}

static void check_taskgroup(bool works)
{
  int done = 0;
  int outside = 0;
#pragma omp parallel
#pragma omp single
  {
#pragma omp task shared(outside)
#pragma omp atomic
    outside++;
#pragma omp taskgroup
    {
#pragma omp task shared(done) if (0)
      {
#pragma omp cancel taskgroup
#pragma omp atomic
        done += 1000;
      }
      /* Tasks of the group that have not begun are dropped. */
      for (int i = 0; i < 100; i++)
      {
#pragma omp task shared(done)
#pragma omp atomic
        done++;
      }
    }
  }
  CHECK(done == (works ? 0 : 1100) && outside == 1);
  int found = 0;
#pragma omp parallel
#pragma omp single
#pragma omp taskgroup
  for (int i = 0; i < 2000; i++)
  {
#pragma omp task shared(found)
    {
#pragma omp atomic
      found++;
#pragma omp cancel taskgroup
#pragma omp atomic
      found += 10000;
    }
  }
  CHECK(works ? found >= 1 && found <= 2000 : found == 2000 * 10001);
}

int main(int argc, char **argv)
{
  bool works = argc > 1 && strcmp(argv[1], "works") == 0;
  CHECK(omp_get_cancellation() == works);
  check_for(works);
  check_parallel(works);
  check_condition();
  check_sections(works);
  check_taskgroup(works);
  return check_finish();
}
