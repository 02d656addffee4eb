/* Tasks that take a CPU from each other: vector state, shares of equals, deadlines always due.
 * Run with one CPU. */
#define _GNU_SOURCE
#include "thread_check.h"

static volatile bool stop;

/* ---- x87 ---- */

static void *fill_x87(void *argument)
{
  __asm__ volatile("fld1; fld1; fld1; fld1; fld1; fld1" ::: "memory");
  while (!stop)
    __asm__ volatile("pause" ::: "memory");
  double values[6];
  for (int i = 0; i < 6; i++)
    __asm__ volatile("fstpl %0" : "=m"(values[i])::"memory");
  for (int i = 0; i < 6; i++)
    CHECK(values[i] == 1);
  return argument;
}

/* A thread that slept finds the x87 stack empty, whoever it preempts; that one finds its own. */
static void check_x87(void)
{
  double sum[4] = {0};
  uint16_t status;
  stop = false;
  set_priority(pthread_self(), 20);
  pthread_t thread = start_thread(fill_x87, NULL, 10, ANY_CPU);
  for (int round = 0; round < 4; round++)
  {
    uhyve_task_sleep(5 * MS);
    __asm__ volatile("fnstsw %0" : "=m"(status));
    CHECK((status >> 11 & 7) == 0);
    __asm__ volatile("fld1; fld1; fld1; fld1; faddp; faddp; faddp; fstpl %0"
                     : "=m"(sum[round])::"memory");
    CHECK(sum[round] == 4);
  }
  stop = true;
  pthread_join(thread, NULL);
}

/* ---- Equals ---- */

static volatile uint64_t turns;

static void *count_turns(void *argument)
{
  while (!stop)
    turns++;
  return argument;
}

static uint64_t own_time_ns(void)
{
  struct timespec used;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return (uint64_t) used.tv_sec * 1000 * MS + (uint64_t) used.tv_nsec;
}

/* As many turns as a millisecond has room for, when the host takes nothing away. */
static uint64_t turns_in_ms(void)
{
  uint64_t least_ns = UINT64_MAX;
  for (int i = 0; i < 100; i++)
  {
    uint64_t begin_ns = uhyve_now();
    for (volatile int k = 0; k < 10000; k++)
      ;
    uint64_t ns = uhyve_now() - begin_ns;
    least_ns = ns < least_ns ? ns : least_ns;
  }
  return 10000 * MS / least_ns;
}

/* However long one has had the CPU for itself, a new equal gets its share at once, and takes no
 * more than that. What the host takes away falls on whoever runs and is made up for later: they run
 * until they have done what 200 ms have room for. */
static void check_newcomer(void)
{
  set_priority(pthread_self(), 16);
  uint64_t wanted = 200 * turns_in_ms();
  spin_ns(800 * MS);
  stop = false;
  turns = 0;
  pthread_t thread = start_thread(count_turns, NULL, 16, ANY_CPU);
  uint64_t begin_ns = uhyve_now();
  uint64_t before_ns = own_time_ns();
  for (volatile uint64_t mine = 0; mine + turns < wanted; mine++)
    ;
  double share = (double) (own_time_ns() - before_ns) / (double) (uhyve_now() - begin_ns);
  stop = true;
  CHECK(turns > 0);
  if (!CHECK(share > 0.25 && share < 0.75))
    fprintf(stderr, "%.3f of the time\n", share);
  pthread_join(thread, NULL);
}

/* ---- Deadlines that are always due ---- */

static volatile unsigned int wakes;

static void *sleep_often(void *argument)
{
  while (!stop)
  {
    nanosleep(argument, NULL);
    wakes++;
  }
  return NULL;
}

static void check_short_sleeps(long sleep_ns)
{
  struct timespec nap = {.tv_nsec = sleep_ns};
  stop = false;
  wakes = 0;
  turns = 0;
  set_priority(pthread_self(), 31);
  pthread_t low = start_thread(count_turns, NULL, 5, ANY_CPU);
  uhyve_task_sleep(50 * MS);
  uint64_t alone = turns;
  pthread_t high = start_thread(sleep_often, &nap, 20, ANY_CPU);
  /* Less where the host takes the CPU away meanwhile, but not each time. */
  uint64_t beside = 0;
  for (int i = 0; i < 5 && beside <= alone / 3; i++)
  {
    uint64_t before = turns;
    uhyve_task_sleep(200 * MS);
    beside = turns - before;
  }
  stop = true;
  pthread_join(high, NULL);
  pthread_join(low, NULL);
  CHECK(wakes > 10);
  CHECK(beside > alone / 3); /* of four times that */
}

int main(void)
{
  check_x87();
  check_newcomer();
  check_short_sleeps(20000);
  check_short_sleeps(1);
  return check_finish();
}
