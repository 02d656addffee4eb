/* Mutexes, condition variables and semaphores of POSIX: all calls, error codes, many threads. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "thread_check.h"

#define THREADS 8

/* The one argument, for slow machines. */
static int rounds = 4000;

static bool has_passed(clockid_t clock, const struct timespec *until)
{
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec > until->tv_sec ||
         (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec);
}

static void run_all(void *(*function)(void *), void *argument)
{
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_create(&threads[i], NULL, function, argument) == 0);
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_join(threads[i], NULL) == 0);
}

static void run_one(void *(*function)(void *), void *argument)
{
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, function, argument) == 0);
  CHECK(pthread_join(thread, NULL) == 0);
}

/* ---- Mutex ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned int counter; /* guarded by the mutex */

static void *count(void *argument)
{
  bool good = true;
  for (int i = 0; i < rounds; i++)
  {
    struct timespec soon = in_ms(CLOCK_MONOTONIC, 10000);
    if (i % 3 == 0)
      good = good && pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &soon) == 0;
    else
      good = good && pthread_mutex_lock(&mutex) == 0;
    unsigned int before = counter;
    if (i % 64 == 0)
      sched_yield();
    counter = before + 1;
    good = good && pthread_mutex_unlock(&mutex) == 0;
  }
  CHECK(good);
  return argument;
}

static void *find_taken(void *argument)
{
  pthread_mutex_t *taken = argument;
  CHECK(pthread_mutex_trylock(taken) == EBUSY);
  struct timespec until = in_ms(CLOCK_REALTIME, 5);
  CHECK(pthread_mutex_timedlock(taken, &until) == ETIMEDOUT);
  CHECK(has_passed(CLOCK_REALTIME, &until));
  until = in_ms(CLOCK_MONOTONIC, 5);
  CHECK(pthread_mutex_clocklock(taken, CLOCK_MONOTONIC, &until) == ETIMEDOUT);
  CHECK(has_passed(CLOCK_MONOTONIC, &until));
  CHECK(pthread_mutex_timedlock(taken, &(struct timespec){.tv_nsec = 1000000000}) == EINVAL);
  CHECK(pthread_mutex_timedlock(taken, &(struct timespec){.tv_sec = -5}) == ETIMEDOUT);
  CHECK(pthread_mutex_clocklock(taken, CLOCK_PROCESS_CPUTIME_ID, &until) == EINVAL);
  return NULL;
}

static void *unlock_foreign(void *argument)
{
  CHECK(pthread_mutex_unlock(argument) == EPERM);
  return NULL;
}

static void check_kind(pthread_mutex_t *of_kind, int kind)
{
  int again = kind == PTHREAD_MUTEX_RECURSIVE ? 0 : EBUSY;
  CHECK(pthread_mutex_lock(of_kind) == 0);
  CHECK(pthread_mutex_trylock(of_kind) == again);
  if (kind == PTHREAD_MUTEX_RECURSIVE)
    CHECK(pthread_mutex_lock(of_kind) == 0 && pthread_mutex_unlock(of_kind) == 0 &&
          pthread_mutex_unlock(of_kind) == 0);
  if (kind == PTHREAD_MUTEX_ERRORCHECK)
    CHECK(pthread_mutex_lock(of_kind) == EDEADLK);
  run_one(find_taken, of_kind);
  if (kind != PTHREAD_MUTEX_NORMAL)
    run_one(unlock_foreign, of_kind);
  CHECK(pthread_mutex_destroy(of_kind) == EBUSY);
  CHECK(pthread_mutex_unlock(of_kind) == 0);
  if (kind != PTHREAD_MUTEX_NORMAL)
    CHECK(pthread_mutex_unlock(of_kind) == EPERM);
  CHECK(pthread_mutex_destroy(of_kind) == 0);
}

static void check_mutex(void)
{
  static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
  static pthread_mutex_t checking = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
  run_all(count, NULL);
  CHECK(counter == (unsigned int) (THREADS * rounds));
  check_kind(&mutex, PTHREAD_MUTEX_NORMAL);
  check_kind(&recursive, PTHREAD_MUTEX_RECURSIVE);
  check_kind(&checking, PTHREAD_MUTEX_ERRORCHECK);

  pthread_mutexattr_t attributes;
  int value = -1;
  CHECK(pthread_mutexattr_init(&attributes) == 0);
  CHECK(pthread_mutexattr_gettype(&attributes, &value) == 0 && value == PTHREAD_MUTEX_DEFAULT);
  CHECK(pthread_mutexattr_settype(&attributes, 17) == EINVAL);
  for (int kind = PTHREAD_MUTEX_NORMAL; kind <= PTHREAD_MUTEX_ERRORCHECK; kind++)
  {
    pthread_mutex_t made;
    CHECK(pthread_mutexattr_settype(&attributes, kind) == 0);
    CHECK(pthread_mutex_init(&made, &attributes) == 0);
    check_kind(&made, kind);
  }
  CHECK(pthread_mutexattr_destroy(&attributes) == 0);
}

/* ---- Condition variable ---- */

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER;
static pthread_cond_t not_full = PTHREAD_COND_INITIALIZER;
static unsigned int queue_length;
static unsigned int queue_put;
static unsigned int queue_got;
static bool queue_broadcasts;

/* Half of the threads put, the others get. */
static void *put_or_get(void *argument)
{
  bool puts = atomic_fetch_add((atomic_uint *) argument, 1) % 2 == 0;
  for (int i = 0; i < rounds / 2; i++)
  {
    pthread_mutex_lock(&guard);
    while (queue_length == (puts ? 3 : 0))
    {
      struct timespec soon = in_ms(CLOCK_REALTIME, i % 3);
      if (i % 5 == 0)
        pthread_cond_timedwait(puts ? &not_full : &not_empty, &guard, &soon);
      else
        pthread_cond_wait(puts ? &not_full : &not_empty, &guard);
    }
    queue_length += puts ? 1 : -1u;
    *(puts ? &queue_put : &queue_got) += 1;
    if (i % 2 == 0)
      pthread_mutex_unlock(&guard);
    if (queue_broadcasts)
      pthread_cond_broadcast(puts ? &not_empty : &not_full);
    else
      pthread_cond_signal(puts ? &not_empty : &not_full);
    if (i % 2 != 0)
      pthread_mutex_unlock(&guard);
  }
  return NULL;
}

static void check_condition(void)
{
  for (int i = 0; i < 2; i++)
  {
    atomic_uint role = 0;
    queue_broadcasts = i != 0;
    run_all(put_or_get, &role);
    CHECK(queue_length == 0);
  }
  CHECK(queue_put == (unsigned int) (THREADS / 2 * rounds) && queue_got == queue_put);

  pthread_condattr_t attributes;
  pthread_cond_t condition;
  clockid_t clock = -1;
  CHECK(pthread_condattr_init(&attributes) == 0);
  CHECK(pthread_condattr_getclock(&attributes, &clock) == 0 && clock == CLOCK_REALTIME);
  CHECK(pthread_condattr_setclock(&attributes, CLOCK_PROCESS_CPUTIME_ID) == EINVAL);
  CHECK(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
  CHECK(pthread_cond_init(&condition, &attributes) == 0);
  pthread_mutex_lock(&guard);
  struct timespec until = in_ms(CLOCK_MONOTONIC, 10);
  CHECK(pthread_cond_timedwait(&condition, &guard, &until) == ETIMEDOUT);
  CHECK(has_passed(CLOCK_MONOTONIC, &until));
  until = in_ms(CLOCK_REALTIME, 10);
  CHECK(pthread_cond_clockwait(&condition, &guard, CLOCK_REALTIME, &until) == ETIMEDOUT);
  CHECK(has_passed(CLOCK_REALTIME, &until));
  CHECK(pthread_cond_timedwait(&condition, &guard, &(struct timespec){.tv_nsec = -1}) == EINVAL);
  CHECK(pthread_mutex_trylock(&guard) == EBUSY); /* the waits gave it back */
  pthread_mutex_unlock(&guard);
  CHECK(pthread_cond_signal(&condition) == 0 && pthread_cond_broadcast(&condition) == 0);
  CHECK(pthread_cond_destroy(&condition) == 0);
  CHECK(pthread_condattr_destroy(&attributes) == 0);
  pthread_mutex_t checking = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
  CHECK(pthread_cond_init(&condition, NULL) == 0);
  CHECK(pthread_cond_wait(&condition, &checking) == EPERM);
}

/* ---- Semaphore ---- */

static sem_t units;
static sem_t room;
static atomic_uint taken;

static void *give_or_take(void *argument)
{
  bool gives = atomic_fetch_add((atomic_uint *) argument, 1) % 2 == 0;
  for (int i = 0; i < rounds; i++)
  {
    struct timespec soon = in_ms(CLOCK_MONOTONIC, i % 2);
    if (gives)
      sem_wait(&room);
    else if (i % 4 != 0)
      sem_wait(&units);
    else
      while (sem_clockwait(&units, CLOCK_MONOTONIC, &soon) != 0)
        ;
    taken += gives ? 0 : 1;
    sem_post(gives ? &units : &room);
  }
  return NULL;
}

static void check_semaphore(void)
{
  atomic_uint role = 0;
  int value = -1;
  CHECK(sem_init(&units, 0, 0) == 0 && sem_init(&room, 0, 3) == 0);
  run_all(give_or_take, &role);
  CHECK(taken == (unsigned int) (THREADS / 2 * rounds));
  CHECK(sem_getvalue(&units, &value) == 0 && value == 0);
  CHECK(sem_getvalue(&room, &value) == 0 && value == 3);

  CHECK(sem_trywait(&units) == -1 && errno == EAGAIN);
  struct timespec until = in_ms(CLOCK_REALTIME, 10);
  CHECK(sem_timedwait(&units, &until) == -1 && errno == ETIMEDOUT);
  CHECK(has_passed(CLOCK_REALTIME, &until));
  CHECK(sem_timedwait(&units, &(struct timespec){.tv_nsec = -1}) == -1 && errno == EINVAL);
  CHECK(sem_post(&units) == 0 && sem_trywait(&units) == 0);
  CHECK(sem_post(&units) == 0 && sem_timedwait(&units, &(struct timespec){.tv_nsec = -1}) == 0);
  CHECK(sem_init(&units, 0, (unsigned int) SEM_VALUE_MAX + 1) == -1 && errno == EINVAL);
  CHECK(sem_init(&units, 0, SEM_VALUE_MAX) == 0);
  CHECK(sem_post(&units) == -1 && errno == EOVERFLOW);
  CHECK(sem_destroy(&units) == 0 && sem_destroy(&room) == 0);
}

int main(int argc, char **argv)
{
  if (argc > 1)
    rounds = atoi(argv[1]);
  check_mutex();
  check_condition();
  check_semaphore();
  return check_finish();
}
