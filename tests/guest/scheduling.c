/* Who runs, and for how long: shares of equals, priorities, placement, work for idle CPUs. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
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

/* Lets them run, with this thread above them but asleep. */
static void run(struct worker *workers, int count, int ms)
{
  stop = false;
  for (int i = 0; i < count; i++)
    start(&workers[i]);
  nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
  stop = true;
  for (int i = 0; i < count; i++)
    pthread_join(workers[i].thread, NULL);
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
  run(workers, 3, 600);
  for (int i = 0; i < 3; i++)
  {
    double part = share(workers, 3, i);
    if (!CHECK(part > 0.2 && part < 0.5))
      fprintf(stderr, "worker %d: %.3f\n", i, part);
  }
}

/* What sleeps most of the time gets what it asks for beside what never does. */
static void check_sleeper(void)
{
  struct worker workers[3] = {{.step = spin_step}, {.step = spin_step}, {.step = sleep_step}};
  run(workers, 3, 800);
  double part = share(workers, 3, 2);
  if (!CHECK(part > 0.08 && part < 0.34))
    fprintf(stderr, "sleeper: %.3f\n", part);
  double spinner = share(workers, 3, 0);
  CHECK(spinner > 0.25 && spinner < 0.6);
}

/* A task of higher priority leaves nothing to one below it on its CPU, until it sleeps. */
static void check_priorities(void)
{
  struct worker workers[2] = {{.step = spin_step, .priority = 20},
                              {.step = spin_step, .priority = 19}};
  struct sched_param mine = {.sched_priority = 25};
  CHECK(pthread_setschedparam(pthread_self(), SCHED_RR, &mine) == 0);
  run(workers, 2, 200);
  CHECK(workers[0].steps > 0);
  /* It may have begun before the other one was there, and run after that had ended. */
  CHECK(share(workers, 2, 1) < 0.05);
  workers[0].step = sleep_step;
  run(workers, 2, 200);
  CHECK(workers[1].steps > 0 && workers[0].steps > 0);
  mine.sched_priority = 0;
  CHECK(pthread_setschedparam(pthread_self(), SCHED_OTHER, &mine) == 0);
}

/* Each of as many tasks as CPUs has one. */
static void check_placement(int cpus)
{
  struct worker workers[4] = {{.step = spin_step, .cpu = -1},
                              {.step = spin_step, .cpu = -1},
                              {.step = spin_step, .cpu = -1},
                              {.step = spin_step, .cpu = -1}};
  run(workers, cpus, 300);
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
  nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
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
