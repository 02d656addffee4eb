/* OMP_PLACES and OMP_PROC_BIND: threads run where their places say. The argument says which
 * places; the guest has four CPUs, or as many as the second argument says. */
#define _GNU_SOURCE
#include <omp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "../guest/check.h"

#define CPUS_MAX 64

static int cpus;

/* Whether the thread may use the CPUs of its place, no others, and is on one of them. */
static bool is_at_home(void)
{
  int place = omp_get_place_num();
  int ids[CPUS_MAX];
  cpu_set_t allowed;
  if (place < 0 || place >= omp_get_num_places() ||
      sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
    return false;
  int count = omp_get_place_num_procs(place);
  omp_get_place_proc_ids(place, ids);
  bool at_home = CPU_COUNT(&allowed) == count;
  bool found = false;
  for (int i = 0; i < count; i++)
  {
    at_home = at_home && CPU_ISSET(ids[i], &allowed);
    found = found || ids[i] == sched_getcpu();
  }
  return at_home && found;
}

static void check_each_at_home(int threads)
{
  int good = 0;
  for (int i = 0; i < 3; i++)
  {
#pragma omp parallel num_threads(threads) reduction(+ : good)
    good += is_at_home();
  }
  CHECK(good == 3 * threads);
}

/* The place of each thread of a team. */
static void ask_places(int threads, int *places, omp_proc_bind_t bind)
{
  if (bind == omp_proc_bind_close)
  {
#pragma omp parallel num_threads(threads) proc_bind(close)
    places[omp_get_thread_num()] = omp_get_place_num();
  }
  else if (bind == omp_proc_bind_spread)
  {
#pragma omp parallel num_threads(threads) proc_bind(spread)
    places[omp_get_thread_num()] = omp_get_place_num();
  }
  else
  {
#pragma omp parallel num_threads(threads) proc_bind(primary)
    places[omp_get_thread_num()] = omp_get_place_num();
  }
}

/* One CPU each: threads, cores, and OMP_PROC_BIND alone. */
static void check_threads(void)
{
  int places[CPUS_MAX];
  CHECK(omp_get_proc_bind() != omp_proc_bind_false && omp_get_num_places() == cpus);
  CHECK(omp_get_place_num_procs(0) == 1 && omp_get_place_num_procs(cpus) == 0);
  CHECK(omp_get_num_procs() == cpus && omp_get_max_threads() == cpus);
  check_each_at_home(cpus);
  ask_places(cpus, places, omp_proc_bind_close);
  for (int i = 0; i < cpus; i++)
    CHECK(places[i] == i);
  ask_places(cpus, places, omp_proc_bind_primary);
  for (int i = 0; i < cpus; i++)
    CHECK(places[i] == 0);
  ask_places(2, places, omp_proc_bind_spread);
  CHECK(places[0] == 0 && places[1] == (cpus > 1 ? cpus / 2 : 0));
}

/* All CPUs are one place: sockets, ll_caches, numa_domains. */
static void check_one(void)
{
  CHECK(omp_get_num_places() == 1 && omp_get_place_num_procs(0) == cpus);
  check_each_at_home(cpus);
}

/* More threads than places, from the first region on. */
static void check_many(void)
{
  check_each_at_home(2 * cpus + 1);
}

/* {0:2},{2:2}, spread, on four CPUs. */
static void check_pairs(void)
{
  int places[4];
  int ids[2];
  CHECK(omp_get_proc_bind() == omp_proc_bind_spread && omp_get_num_places() == 2);
  omp_get_place_proc_ids(1, ids);
  CHECK(omp_get_place_num_procs(1) == 2 && ids[0] == 2 && ids[1] == 3);
  check_each_at_home(4);
#pragma omp parallel num_threads(4)
  places[omp_get_thread_num()] = omp_get_place_num();
  CHECK(places[0] == 0 && places[1] == 0 && places[2] == 1 && places[3] == 1);
  int inner_good = 0;
  omp_set_max_active_levels(2);
#pragma omp parallel num_threads(2) reduction(+ : inner_good)
  {
    /* The place list of a thread that was spread is its own part. */
    int part = omp_get_partition_num_places();
    int outer = omp_get_place_num();
#pragma omp parallel num_threads(2) reduction(+ : inner_good)
    inner_good += part == 1 && omp_get_place_num() == outer && is_at_home();
  }
  CHECK(inner_good == 4);
}

/* {3},{1}, close: two of four CPUs, in this order. */
static void check_list(void)
{
  int on_cpu[2] = {-1, -1};
  CHECK(omp_get_proc_bind() == omp_proc_bind_close && omp_get_num_places() == 2);
  CHECK(sched_getcpu() == 3);
  check_each_at_home(2);
#pragma omp parallel num_threads(2)
  on_cpu[omp_get_thread_num()] = sched_getcpu();
  CHECK(on_cpu[0] == 3 && on_cpu[1] == 1);
}

/* OMP_PROC_BIND=false: places have no effect. */
static void check_unbound(void)
{
  cpu_set_t allowed;
  CHECK(omp_get_proc_bind() == omp_proc_bind_false && omp_get_num_places() == 0);
  CHECK(sched_getaffinity(0, sizeof(allowed), &allowed) == 0 && CPU_COUNT(&allowed) == cpus);
}

int main(int argc, char **argv)
{
  static const struct
  {
    const char *name;
    void (*function)(void);
  } cases[] = {{"threads", check_threads}, {"one", check_one},   {"many", check_many},
               {"pairs", check_pairs},     {"list", check_list}, {"unbound", check_unbound}};
  cpus = argc > 2 ? atoi(argv[2]) : 4;
  for (size_t i = 0; argc > 1 && i < sizeof(cases) / sizeof(cases[0]); i++)
  {
    if (strcmp(argv[1], cases[i].name) == 0)
      cases[i].function();
  }
  return check_finish();
}
