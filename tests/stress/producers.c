/* Producers and consumers of random priorities, with sleeps and time-outs: nothing is lost, no
 * wake-up counts twice, none together with a time-out; the higher priority runs. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>

#include <uhyve/sync.h>

#include "stress.h"

#define PAIRS      6
#define QUEUE      5
#define MOST_ITEMS 100000
#define ORDERED    30

/* So late that it means a lost wake-up. */
#define VERY_LATE_NS (60 * S)

static struct timespec timespec_of(uint64_t ns)
{
  return (struct timespec){.tv_sec = (time_t) (ns / S), .tv_nsec = (long) (ns % S)};
}

/* Now and then: pauses, or takes another priority. */
static void stumble(struct random *random)
{
  uint64_t what = random_below(random, 400);
  if (what < 4)
    uhyve_task_sleep(random_below(random, 200 * US));
  else if (what < 20)
    uhyve_task_yield();
  else if (what < 40)
    uhyve_task_set_priority(uhyve_task_current(), (unsigned int) random_below(random, 31));
}

static void run_all(void *(*function)(void *), unsigned int count)
{
  struct uhyve_task *tasks[2 * PAIRS];
  struct random random = random_begin(99);
  bool good = true;
  for (uintptr_t i = 0; i < count; i++)
    good = good && uhyve_task_create(&tasks[i], NULL, (unsigned int) random_below(&random, 31),
                                     UHYVE_ANY_CPU, function, (void *) i) == 0;
  for (unsigned int i = 0; i < count; i++)
  {
    void *result = NULL;
    good = good && uhyve_task_join(tasks[i], &result, UHYVE_FOREVER) == 0 && result != NULL;
  }
  CHECK(good);
}

/* ---- A queue: mutex and condition variables ---- */

static pthread_mutex_t queue_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t queue_changed[2]; /* there is room; there is an item */
static unsigned int queue[QUEUE];
static unsigned int queue_first, queue_length;
static unsigned int items, items_put, items_got;
static unsigned char seen[MOST_ITEMS];

/* The mutex is held. */
static bool wait_for(bool puts, struct random *random)
{
  struct timespec until = timespec_of(
      uhyve_now() + (random_below(random, 4) == 0 ? random_below(random, 300 * US) : VERY_LATE_NS));
  int error = random_below(random, 2) == 0
                  ? pthread_cond_wait(&queue_changed[puts ? 0 : 1], &queue_mutex)
                  : pthread_cond_clockwait(&queue_changed[puts ? 0 : 1], &queue_mutex,
                                           CLOCK_MONOTONIC, &until);
  if (error == ETIMEDOUT)
    return uhyve_now() >= (uint64_t) until.tv_sec * S + (uint64_t) until.tv_nsec &&
           (uint64_t) until.tv_sec < stress_end_ns / S + 2 * VERY_LATE_NS / S;
  return error == 0;
}

/* One signal an item: a lost one leaves somebody asleep for good. */
static void *use_queue(void *argument)
{
  bool puts = (uintptr_t) argument % 2 == 0;
  struct random random = random_begin((uintptr_t) argument);
  unsigned int *done = puts ? &items_put : &items_got;
  bool good = true;
  pthread_mutex_lock(&queue_mutex);
  while (*done < items)
  {
    if (queue_length == (puts ? QUEUE : 0))
    {
      good = wait_for(puts, &random) && good;
      continue;
    }
    if (puts)
      queue[(queue_first + queue_length++) % QUEUE] = *done;
    else
    {
      seen[queue[queue_first]]++;
      queue_first = (queue_first + 1) % QUEUE;
      queue_length--;
    }
    bool last = ++*done == items;
    if (last)
      pthread_cond_broadcast(&queue_changed[puts ? 0 : 1]);
    pthread_cond_signal(&queue_changed[puts ? 1 : 0]);
    pthread_mutex_unlock(&queue_mutex);
    stumble(&random);
    pthread_mutex_lock(&queue_mutex);
  }
  pthread_mutex_unlock(&queue_mutex);
  return (void *) (uintptr_t) good;
}

static void check_queue(void)
{
  items = stress_size < MOST_ITEMS ? stress_size : MOST_ITEMS;
  items_put = items_got = queue_first = queue_length = 0;
  memset(seen, 0, sizeof(seen));
  run_all(use_queue, 2 * PAIRS);
  bool once = true;
  for (unsigned int i = 0; i < items; i++)
    once = once && seen[i] == 1;
  CHECK(once && items_put == items && items_got == items && queue_length == 0);
}

/* ---- Semaphores: units are neither lost nor made ---- */

static struct uhyve_semaphore units;
static sem_t posix_units;
static uint64_t posts, takes, time_outs;

static bool take(struct random *random)
{
  uint64_t deadline_ns = uhyve_now() + random_below(random, 60 * US);
  struct timespec until = timespec_of(deadline_ns);
  if (random_below(random, 2) == 0)
  {
    int error = uhyve_semaphore_wait(&units, deadline_ns);
    CHECK(error == 0 || (error == -ETIMEDOUT && uhyve_now() >= deadline_ns));
    return error == 0;
  }
  bool taken = sem_clockwait(&posix_units, CLOCK_MONOTONIC, &until) == 0;
  CHECK(taken || (errno == ETIMEDOUT && uhyve_now() >= deadline_ns));
  return taken;
}

static void *use_semaphores(void *argument)
{
  bool posts_units = (uintptr_t) argument % 2 == 0;
  struct random random = random_begin((uintptr_t) argument);
  for (unsigned int i = 0; i < stress_size / 8; i++)
  {
    if (posts_units)
    {
      CHECK(random_below(&random, 2) == 0 ? uhyve_semaphore_post(&units) == 0
                                          : sem_post(&posix_units) == 0);
      __atomic_add_fetch(&posts, 1, __ATOMIC_RELAXED);
    }
    else
      __atomic_add_fetch(take(&random) ? &takes : &time_outs, 1, __ATOMIC_RELAXED);
    stumble(&random);
  }
  return &units;
}

static void check_semaphores(void)
{
  int rest = -1;
  posts = takes = time_outs = 0;
  uhyve_semaphore_init(&units, 0);
  CHECK(sem_init(&posix_units, 0, 0) == 0);
  run_all(use_semaphores, 2 * PAIRS);
  CHECK(sem_getvalue(&posix_units, &rest) == 0);
  CHECK(posts == takes + uhyve_semaphore_units(&units) + (unsigned int) rest);
  CHECK(sem_destroy(&posix_units) == 0);
}

/* ---- Futex: as many are woken as say that they were ---- */

static uint32_t word;
static uint64_t wakes, woken;
static uint32_t waiters_left;

static void *use_futex(void *argument)
{
  bool waits = (uintptr_t) argument % 3 != 0;
  struct random random = random_begin((uintptr_t) argument);
  for (unsigned int i = 0; waits && i < stress_size / 16; i++)
  {
    int error = uhyve_futex_wait(&word, 0, uhyve_now() + random_below(&random, 50 * US));
    CHECK(error == 0 || error == -ETIMEDOUT);
    __atomic_add_fetch(&woken, error == 0 ? 1 : 0, __ATOMIC_RELAXED);
    stumble(&random);
  }
  if (waits)
    __atomic_sub_fetch(&waiters_left, 1, __ATOMIC_RELEASE);
  while (!waits && __atomic_load_n(&waiters_left, __ATOMIC_ACQUIRE) != 0)
  {
    int most = 1 + (int) random_below(&random, 3);
    int count = uhyve_futex_wake(&word, most);
    CHECK(count >= 0 && count <= most);
    __atomic_add_fetch(&wakes, (uint64_t) count, __ATOMIC_RELAXED);
    uhyve_task_sleep(random_below(&random, 60 * US));
  }
  return &word;
}

static void check_futex(void)
{
  wakes = woken = 0;
  waiters_left = 0;
  for (unsigned int i = 0; i < 2 * PAIRS; i++)
    waiters_left += i % 3 != 0 ? 1 : 0;
  run_all(use_futex, 2 * PAIRS);
  CHECK(wakes == woken);
}

/* ---- The higher priority runs, on one CPU ---- */

static struct uhyve_semaphore high_starts;
static uint32_t high_rounds;
static unsigned int order_of_waking[ORDERED], order_length;

static void *run_high(void *argument)
{
  unsigned int rounds = *(unsigned int *) argument;
  for (unsigned int i = 0; i < rounds; i++)
  {
    uhyve_semaphore_wait(&high_starts, UHYVE_FOREVER);
    __atomic_store_n(&high_rounds, i + 1, __ATOMIC_RELAXED);
  }
  return argument;
}

static void *note_order(void *argument)
{
  uhyve_semaphore_wait(&high_starts, UHYVE_FOREVER);
  order_of_waking[order_length++] = uhyve_task_priority(uhyve_task_current());
  return argument;
}

/* Who is woken by a task of lower priority has run when the call returns. */
static void check_preemption(int cpu)
{
  struct uhyve_task *high;
  unsigned int rounds = stress_size / 16;
  bool at_once = true;
  high_rounds = 0;
  uhyve_semaphore_init(&high_starts, 0);
  CHECK(uhyve_task_create(&high, "high", 20, cpu, run_high, &rounds) == 0);
  for (unsigned int i = 0; i < rounds; i++)
  {
    uhyve_semaphore_post(&high_starts);
    at_once = at_once && __atomic_load_n(&high_rounds, __ATOMIC_RELAXED) == i + 1;
  }
  CHECK(at_once);
  CHECK(uhyve_task_join(high, NULL, UHYVE_FOREVER) == 0);
}

/* Of those that wait the highest priority is woken first, whenever it came. */
static void check_order(int cpu, struct random *random)
{
  struct uhyve_task *tasks[ORDERED];
  unsigned int first = (unsigned int) random_below(random, ORDERED);
  order_length = 0;
  for (unsigned int i = 0; i < ORDERED; i++)
    CHECK(uhyve_task_create(&tasks[i], NULL, 1 + (first + 7 * i) % ORDERED, cpu, note_order,
                            NULL) == 0);
  /* This one is the lowest: all wait when it runs again. */
  uhyve_task_set_priority(uhyve_task_current(), 0);
  uhyve_task_sleep(MS);
  uhyve_task_set_priority(uhyve_task_current(), 31);
  for (unsigned int i = 0; i < ORDERED; i++)
    uhyve_semaphore_post(&high_starts);
  for (unsigned int i = 0; i < ORDERED; i++)
    CHECK(uhyve_task_join(tasks[i], NULL, UHYVE_FOREVER) == 0);
  bool falls = order_length == ORDERED;
  for (unsigned int i = 0; falls && i < ORDERED; i++)
    falls = order_of_waking[i] == ORDERED - i;
  CHECK(falls);
}

static void *check_priorities(void *argument)
{
  struct random random = random_begin(77);
  int cpu = (int) (uintptr_t) argument;
  check_order(cpu, &random);
  CHECK(uhyve_task_set_priority(uhyve_task_current(), 10) == 0);
  check_preemption(cpu);
  return NULL;
}

int main(int argc, char **argv)
{
  stress_begin(argc, argv, 8000);
  pthread_cond_init(&queue_changed[0], NULL);
  pthread_cond_init(&queue_changed[1], NULL);
  do
  {
    check_queue();
    check_semaphores();
    check_futex();
    struct uhyve_task *task;
    unsigned int cpu = uhyve_cpu_count() - 1;
    CHECK(uhyve_task_create(&task, NULL, 31, (int) cpu, check_priorities,
                            (void *) (uintptr_t) cpu) == 0);
    CHECK(uhyve_task_join(task, NULL, UHYVE_FOREVER) == 0);
  } while (stress_goes_on());
  return stress_finish();
}
