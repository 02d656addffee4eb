/* What programs can ask and set, and what OMP_* variables set before they begin. The argument names
 * the variables that the test has given. */
#define _GNU_SOURCE
#include <omp.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../guest/check.h"

static int team_size(void)
{
  int size = 0;
#pragma omp parallel reduction(+ : size)
  size++;
  return size;
}

static void check_defaults(void)
{
  omp_sched_t kind;
  int chunk;
  cpu_set_t cpus;
  CHECK(sched_getaffinity(0, sizeof(cpus), &cpus) == 0);
  CHECK(omp_get_num_procs() == CPU_COUNT(&cpus));
  CHECK(omp_get_num_procs() == sysconf(_SC_NPROCESSORS_ONLN));
  CHECK(omp_get_max_threads() == omp_get_num_procs() && team_size() == omp_get_num_procs());
  CHECK(!omp_get_dynamic() && !omp_get_cancellation() && omp_get_max_active_levels() == 1);
  CHECK(omp_get_proc_bind() == omp_proc_bind_false && omp_get_num_places() == 0);
  CHECK(omp_get_thread_limit() > 1000 && omp_get_max_task_priority() == 0);
  CHECK(omp_get_supported_active_levels() > 1);
  omp_get_schedule(&kind, &chunk);
  CHECK(kind == omp_sched_dynamic && chunk == 1);
}

static void check_setting(void)
{
  omp_set_num_threads(3);
  CHECK(omp_get_max_threads() == 3 && team_size() == 3);
  omp_set_num_threads(1);
  CHECK(team_size() == 1);
  omp_set_dynamic(1);
  omp_set_num_threads(50);
  CHECK(omp_get_dynamic() && team_size() <= omp_get_num_procs());
  omp_set_dynamic(0);
  CHECK(team_size() == 50);
  omp_set_schedule(omp_sched_guided, 9);
  omp_sched_t kind;
  int chunk;
  omp_get_schedule(&kind, &chunk);
  CHECK(kind == omp_sched_guided && chunk == 9);
  omp_set_num_teams(2);
  omp_set_teams_thread_limit(3);
  CHECK(omp_get_max_teams() == 2 && omp_get_teams_thread_limit() == 3);
}

static void check_time(void)
{
  double before = omp_get_wtime();
  nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
  double between = omp_get_wtime() - before;
  CHECK(between >= 0.02 && between < 10);
  CHECK(omp_get_wtick() > 0 && omp_get_wtick() <= 1e-6);
}

static void check_memory(void)
{
  double *numbers = omp_alloc(1000 * sizeof(*numbers), omp_default_mem_alloc);
  CHECK(numbers != NULL);
  numbers[999] = 1;
  omp_free(numbers, omp_default_mem_alloc);
  omp_alloctrait_t traits[] = {{omp_atk_alignment, 256}, {omp_atk_pool_size, 4096}};
  omp_allocator_handle_t allocator = omp_init_allocator(omp_default_mem_space, 2, traits);
  CHECK(allocator != omp_null_allocator);
  void *some = omp_alloc(1000, allocator);
  CHECK(some != NULL && (uintptr_t) some % 256 == 0);
  void *cleared = omp_aligned_calloc(512, 2, 300, allocator);
  CHECK(cleared != NULL && (uintptr_t) cleared % 512 == 0 && ((char *) cleared)[599] == 0);
  omp_free(cleared, allocator);
  omp_free(some, allocator);
  omp_destroy_allocator(allocator);
}

/* A page of each mebibyte of the thread's stack. */
static unsigned int use_stack(unsigned int mebibytes)
{
  volatile char here[1 << 20];
  here[0] = (char) mebibytes;
  return mebibytes == 0 ? 0 : (unsigned int) (here[0] != 0) + use_stack(mebibytes - 1);
}

static void check_threads(void)
{
  CHECK(omp_get_max_threads() == 3 && team_size() == 3);
  omp_set_num_threads(2);
  CHECK(team_size() == 2);
}

static void check_schedule(void)
{
  omp_sched_t kind;
  int chunk;
  omp_get_schedule(&kind, &chunk);
  CHECK(kind == omp_sched_guided && chunk == 7);
}

static void check_levels(void)
{
  int count = 0;
  CHECK(omp_get_max_active_levels() > 1);
#pragma omp parallel reduction(+ : count)
#pragma omp parallel reduction(+ : count)
  count += omp_get_team_size(1) == 4 && omp_get_num_threads() == 2;
  CHECK(count == 8);
}

static void check_limit(void)
{
  omp_set_num_threads(20);
  CHECK(omp_get_thread_limit() == 3 && team_size() <= 3);
}

static void check_dynamic(void)
{
  CHECK(omp_get_dynamic());
}

static void check_stack(void)
{
  unsigned int pages = 0;
#pragma omp parallel num_threads(3) reduction(+ : pages)
  if (omp_get_thread_num() > 0)
    pages += use_stack(14);
  CHECK(pages == 28);
}

/* They sleep at once, and wait without end; the results are the same. */
static void check_waiting(void)
{
  int sum = 0;
  for (int i = 0; i < 20; i++)
    sum += team_size();
  CHECK(sum == 20 * omp_get_max_threads());
}

static void check_invalid(void)
{
  CHECK(team_size() == omp_get_num_procs());
}

static const struct
{
  const char *name;
  void (*function)(void);
} cases[] = {
    {"default", check_defaults}, {"threads", check_threads}, {"schedule", check_schedule},
    {"levels", check_levels},    {"limit", check_limit},     {"dynamic", check_dynamic},
    {"stack", check_stack},      {"waiting", check_waiting}, {"invalid", check_invalid},
};

int main(int argc, char **argv)
{
  for (size_t i = 0; argc > 1 && i < sizeof(cases) / sizeof(cases[0]); i++)
  {
    if (strcmp(argv[1], cases[i].name) == 0)
      cases[i].function();
  }
  if (argc > 1 && strcmp(argv[1], "default") == 0)
  {
    check_setting();
    check_time();
    check_memory();
  }
  return check_finish();
}
