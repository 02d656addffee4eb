/* Who runs, and for how long: shares of equals, priorities, placement, work for idle CPUs. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

struct worker
{
  pthread_t thread;
  void (*step)(void);
  int cpu; /* it may use; -1: all */
  int priority;
  _Atomic uint64_t steps;
  _Atomic uint64_t used_ns; /* of processor time, when it has ended */
  _Atomic int ran_on;       /* bit n: seen on CPU n */
};

static atomic_bool stop;

static void spin_step(void)
{
  for (volatile int i = 0; i < 2000; i++)
    ;
}

/* Runs a fifth of the time. */
static void sleep_step(void)
{
  struct timespec begin;
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
  do
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  while ((now.tv_sec - begin.tv_sec) * 1000000000 + now.tv_nsec - begin.tv_nsec < 1000000);
  nanosleep(&(struct timespec){.tv_nsec = 4000000}, NULL);
}

/* Sleeps, after so many steps, until the others have done four times as many: asks for a fifth. */
static int steps_awake;
static sem_t others_have_worked;
static atomic_int others_left;

/* As many as a millisecond has room for, when the host takes nothing away. */
static int steps_in_ms(void)
{
  int64_t least_ns = INT64_MAX;
  for (int i = 0; i < 100; i++)
  {
    struct timespec begin;
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int k = 0; k < 10; k++)
      spin_step();
    clock_gettime(CLOCK_MONOTONIC, &end);
    int64_t ns = (end.tv_sec - begin.tv_sec) * 1000000000 + end.tv_nsec - begin.tv_nsec;
    least_ns = ns < least_ns ? ns : least_ns;
  }
  return (int) (10 * 1000000 / least_ns) + 1;
}

static void spin_for_sleeper(void)
{
  spin_step();
  if (--others_left == 0)
    sem_post(&others_have_worked);
}

static void sleep_for_others(void)
{
  static int steps;
  spin_step();
  if (++steps % steps_awake != 0)
    return;
  others_left = 4 * steps_awake;
  sem_wait(&others_have_worked);
}

/* Sees whether one of lower priority gets on. */
static struct worker *below;
static int64_t below_seen = -1;
static bool was_overtaken;

static void spin_above(void)
{
  int64_t steps = (int64_t) below->steps;
  was_overtaken = was_overtaken || (below_seen >= 0 && steps != below_seen);
  below_seen = steps;
  spin_step();
}

static void *work(void *argument)
{
  struct worker *worker = argument;
  struct timespec used;
  while (!stop)
  {
    worker->step();
    worker->steps++;
    worker->ran_on |= 1 << sched_getcpu();
  }
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  worker->used_ns = (uint64_t) used.tv_sec * 1000000000 + (uint64_t) used.tv_nsec;
  return NULL;
}

static void start(struct worker *worker)
{
  pthread_attr_t attributes;
  cpu_set_t set;
  struct sched_param param = {.sched_priority = worker->priority};
  pthread_attr_init(&attributes);
  if (worker->cpu >= 0)
  {
    CPU_ZERO(&set);
    CPU_SET(worker->cpu, &set);
    pthread_attr_setaffinity_np(&attributes, sizeof(set), &set);
  }
  if (worker->priority > 0)
  {
    pthread_attr_setinheritsched(&attributes, PTHREAD_EXPLICIT_SCHED);
    pthread_attr_setschedpolicy(&attributes, SCHED_RR);
    pthread_attr_setschedparam(&attributes, &param);
  }
  CHECK(pthread_create(&worker->thread, &attributes, work, worker) == 0);
  pthread_attr_destroy(&attributes);
}

static void sleep_ms(int ms)
{
  nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static uint64_t steps_of(const struct worker *workers, int count)
{
  uint64_t steps = 0;
  for (int i = 0; i < count; i++)
    steps += workers[i].steps;
  return steps;
}

static void finish(struct worker *workers, int count)
{
  stop = true;
  sem_post(&others_have_worked);
  for (int i = 0; i < count; i++)
    pthread_join(workers[i].thread, NULL);
}

/* Lets them run, with this thread above them but asleep: for so long, and until they have done so
 * many steps, which takes longer where the host has other work. */
static void run(struct worker *workers, int count, int ms, uint64_t steps)
{
  stop = false;
  for (int i = 0; i < count; i++)
    start(&workers[i]);
  sleep_ms(ms);
  while (steps_of(workers, count) < steps)
    sleep_ms(10);
  finish(workers, count);
}

static double share(const struct worker *workers, int count, int of)
{
  double sum = 0;
  for (int i = 0; i < count; i++)
    sum += (double) workers[i].used_ns;
  return (double) workers[of].used_ns / sum;
}

static void check_equals(void)
{
  struct worker workers[3] = {{.step = spin_step}, {.step = spin_step}, {.step = spin_step}};
  run(workers, 3, 600, 600 * (uint64_t) steps_in_ms());
  for (int i = 0; i < 3; i++)
  {
    double part = share(workers, 3, i);
    if (!CHECK(part > 0.2 && part < 0.5))
      fprintf(stderr, "worker %d: %.3f\n", i, part);
  }
}

/* What sleeps most of the time gets what it asks for beside what never does. Steps count: the time
 * that the host takes away falls on whoever runs. */
static void check_sleeper(void)
{
  struct worker workers[3] = {
      {.step = spin_for_sleeper}, {.step = spin_for_sleeper}, {.step = sleep_for_others}};
  steps_awake = steps_in_ms();
  run(workers, 3, 200, 800 * (uint64_t) steps_awake);
  double part = (double) workers[2].steps / (double) steps_of(workers, 3);
  if (!CHECK(part > 0.08 && part < 0.34))
    fprintf(stderr, "sleeper: %.3f\n", part);
  double spinner = (double) workers[0].steps / (double) steps_of(workers, 3);
  if (!CHECK(spinner > 0.25 && spinner < 0.6))
    fprintf(stderr, "spinner: %.3f\n", spinner);
}

/* A task of higher priority leaves nothing to one below it on its CPU, until it sleeps. */
static void check_priorities(void)
{
  struct worker workers[2] = {{.step = spin_above, .priority = 20},
                              {.step = spin_step, .priority = 19}};
  struct sched_param mine = {.sched_priority = 25};
  CHECK(pthread_setschedparam(pthread_self(), SCHED_RR, &mine) == 0);
  below = &workers[1];
  run(workers, 2, 200, 10000);
  CHECK(below_seen >= 0 && !was_overtaken);
  workers[0].step = sleep_step;
  run(workers, 2, 200, workers[0].steps + workers[1].steps + 1000);
  CHECK(workers[1].steps > 0 && workers[0].steps > 0);
  mine.sched_priority = 0;
  CHECK(pthread_setschedparam(pthread_self(), SCHED_OTHER, &mine) == 0);
}

/* Each of as many tasks as CPUs has one, for 300 ms from when the last CPU of the host has come. */
static void check_placement(int cpus)
{
  struct worker workers[4] = {{.step = spin_step, .cpu = -1},
                              {.step = spin_step, .cpu = -1},
                              {.step = spin_step, .cpu = -1},
                              {.step = spin_step, .cpu = -1}};
  stop = false;
  for (int i = 0; i < cpus; i++)
    start(&workers[i]);
  for (int i = 0; i < cpus; i++)
    while (workers[i].steps == 0)
      sleep_ms(1);
  sleep_ms(300);
  finish(workers, cpus);
  for (int i = 0; i < cpus; i++)
  {
    double part = share(workers, cpus, i) * cpus;
    if (!CHECK(part > 0.5))
      fprintf(stderr, "%d of %d: %.3f of a CPU\n", i, cpus, part);
  }
}

/* Two share CPU 0; when they may use others, one of them goes. */
static void check_balance(void)
{
  struct worker workers[2] = {{.step = spin_step}, {.step = spin_step}};
  cpu_set_t all;
  CPU_ZERO(&all);
  CPU_SET(0, &all);
  CPU_SET(1, &all);
  stop = false;
  start(&workers[0]);
  start(&workers[1]);
  for (int i = 0; i < 500 && (workers[0].ran_on == 0 || workers[1].ran_on == 0); i++)
    sleep_ms(10);
  CHECK(workers[0].ran_on == 1 && workers[1].ran_on == 1);
  CHECK(pthread_setaffinity_np(workers[0].thread, sizeof(all), &all) == 0);
  CHECK(pthread_setaffinity_np(workers[1].thread, sizeof(all), &all) == 0);
  for (int i = 0; i < 500 && ((workers[0].ran_on | workers[1].ran_on) & 2) == 0; i++)
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  CHECK(((workers[0].ran_on | workers[1].ran_on) & 2) != 0);
  stop = true;
  pthread_join(workers[0].thread, NULL);
  pthread_join(workers[1].thread, NULL);
}

int main(void)
{
  int cpus = (int) sysconf(_SC_NPROCESSORS_ONLN);
  sem_init(&others_have_worked, 0, 0);
  check_equals();
  check_sleeper();
  check_priorities();
  if (cpus > 1)
  {
    check_placement(cpus);
    check_balance();
  }
  return check_finish();
}
