/* Mutex and semaphore with real threads. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "linux_futex.h"
#include "sched/mutex.h"
#include "sched/semaphore.h"
#include "threads.h"
#include "unit_test.h"

#define THREADS 6
#define ROUNDS  20000
#define MS      1000000ull

/* ---- Mutex ---- */

struct counter
{
  struct mutex mutex;
  unsigned int count; /* not atomic: the mutex guards it */
};

static void *count_up(void *argument)
{
  struct counter *counter = argument;
  for (int i = 0; i < ROUNDS; i++)
  {
    assert_int_equal(mutex_lock(&counter->mutex), 0);
    counter->count++;
    assert_int_equal(mutex_unlock(&counter->mutex), 0);
  }
  return NULL;
}

static void *count_up_otherwise(void *argument)
{
  struct counter *counter = argument;
  for (int i = 0; i < ROUNDS; i++)
  {
    if (i % 2 == 0)
      while (mutex_try_lock(&counter->mutex) != 0)
        sched_yield();
    else
      while (mutex_lock_until(&counter->mutex, linux_now_ns() + MS / 50) != 0)
        ;
    counter->count++;
    mutex_unlock(&counter->mutex);
  }
  return NULL;
}

static void mutex_excludes(void **state)
{
  (void) state;
  for (uint32_t kind = MUTEX_NORMAL; kind <= MUTEX_ERRORCHECK; kind++)
  {
    struct counter counter = {.mutex.kind = kind};
    pthread_t threads[THREADS];
    start_all(threads, THREADS / 2, count_up, &counter);
    start_all(threads + THREADS / 2, THREADS / 2, count_up_otherwise, &counter);
    join_all(threads, THREADS);
    assert_int_equal(counter.count, THREADS * ROUNDS);
    assert_int_equal(counter.mutex.word, MUTEX_FREE);
    assert_int_equal(counter.mutex.owner, 0);
  }
}

static void *check_not_mine(void *argument)
{
  struct mutex *mutex = argument;
  assert_int_equal(mutex_try_lock(mutex), -EBUSY);
  uint64_t deadline_ns = linux_now_ns() + 20 * MS;
  assert_int_equal(mutex_lock_until(mutex, deadline_ns), -ETIMEDOUT);
  assert_true(linux_now_ns() >= deadline_ns);
  assert_int_equal(mutex_lock_until(mutex, 0), -ETIMEDOUT);
  if (mutex->kind != MUTEX_NORMAL)
    assert_int_equal(mutex_unlock(mutex), -EPERM);
  return NULL;
}

static void mutex_kinds_and_errors(void **state)
{
  (void) state;
  struct mutex mutex = {0};
  pthread_t thread;
  assert_int_equal(mutex_lock(&mutex), 0);
  assert_int_equal(mutex_try_lock(&mutex), -EBUSY);
  start_all(&thread, 1, check_not_mine, &mutex);
  join_all(&thread, 1);
  assert_int_equal(mutex_unlock(&mutex), 0);

  mutex = (struct mutex){.kind = MUTEX_RECURSIVE};
  assert_int_equal(mutex_unlock(&mutex), -EPERM);
  assert_int_equal(mutex_lock(&mutex), 0);
  assert_int_equal(mutex_lock(&mutex), 0);
  assert_int_equal(mutex_try_lock(&mutex), 0);
  start_all(&thread, 1, check_not_mine, &mutex);
  join_all(&thread, 1);
  for (int i = 0; i < 3; i++)
    assert_int_equal(mutex_unlock(&mutex), 0);
  assert_int_equal(mutex_unlock(&mutex), -EPERM);
  assert_int_equal(mutex.word, MUTEX_FREE);
  assert_int_equal(mutex_lock(&mutex), 0);
  mutex.depth = UINT32_MAX;
  assert_int_equal(mutex_lock(&mutex), -EAGAIN);

  mutex = (struct mutex){.kind = MUTEX_ERRORCHECK};
  assert_int_equal(mutex_lock(&mutex), 0);
  assert_int_equal(mutex_lock(&mutex), -EDEADLK);
  assert_int_equal(mutex_try_lock(&mutex), -EBUSY);
  start_all(&thread, 1, check_not_mine, &mutex);
  join_all(&thread, 1);
  assert_int_equal(mutex_unlock(&mutex), 0);
  assert_int_equal(mutex_unlock(&mutex), -EPERM);
}

/* Before there is a second task, and after. */
static void mutex_uncontended_makes_no_call(void **state)
{
  (void) state;
  for (uint32_t kind = MUTEX_NORMAL; kind <= MUTEX_ERRORCHECK; kind++)
  {
    struct mutex mutex = {.kind = kind};
    uint64_t before = linux_futex_calls();
    mutex_tasks_many = false;
    mutex_lock(&mutex);
    assert_int_equal(mutex_try_lock(&mutex), kind == MUTEX_RECURSIVE ? 0 : -EBUSY);
    if (kind == MUTEX_RECURSIVE)
      mutex_unlock(&mutex);
    mutex_unlock(&mutex);
    assert_int_equal(mutex.word, MUTEX_FREE);
    mutex_lock(&mutex);
    mutex_expect_tasks(); /* while it is held */
    assert_int_equal(mutex.word, MUTEX_TAKEN);
    mutex_unlock(&mutex);
    mutex_lock(&mutex);
    mutex_unlock(&mutex);
    assert_int_equal(mutex.word, MUTEX_FREE);
    assert_int_equal(linux_futex_calls(), before);
  }
}

/* ---- Semaphore ---- */

struct channel
{
  struct semaphore units;
  struct semaphore room;
  unsigned int taken;
  unsigned int timeouts;
};

static void *give(void *argument)
{
  struct channel *channel = argument;
  for (int i = 0; i < ROUNDS; i++)
  {
    semaphore_wait_until(&channel->room, FUTEX_FOREVER);
    assert_int_equal(semaphore_post(&channel->units), 0);
  }
  return NULL;
}

/* Takes as many as one giver gives; short time-outs race with the posts. */
static void *take(void *argument)
{
  struct channel *channel = argument;
  for (int i = 0; i < ROUNDS; i++)
  {
    while (semaphore_wait_until(&channel->units, linux_now_ns() + 30000) != 0)
      __atomic_add_fetch(&channel->timeouts, 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&channel->taken, 1, __ATOMIC_RELAXED);
    assert_int_equal(semaphore_post(&channel->room), 0);
  }
  return NULL;
}

static void semaphore_counts_exactly(void **state)
{
  (void) state;
  struct channel channel = {0};
  semaphore_init(&channel.room, 4);
  pthread_t givers[THREADS / 2];
  pthread_t takers[THREADS / 2];
  start_all(takers, THREADS / 2, take, &channel);
  start_all(givers, THREADS / 2, give, &channel);
  join_all(givers, THREADS / 2);
  join_all(takers, THREADS / 2);
  assert_int_equal(channel.taken, THREADS / 2 * ROUNDS);
  assert_int_equal(channel.units.state, 0); /* no unit, no waiter */
  assert_int_equal(channel.room.state, 4);
}

static void semaphore_limits(void **state)
{
  (void) state;
  struct semaphore semaphore = {0};
  assert_false(semaphore_try_wait(&semaphore));
  uint64_t deadline_ns = linux_now_ns() + 20 * MS;
  assert_int_equal(semaphore_wait_until(&semaphore, deadline_ns), -ETIMEDOUT);
  assert_true(linux_now_ns() >= deadline_ns);
  assert_int_equal(semaphore.state, 0);
  uint64_t before = linux_futex_calls();
  assert_int_equal(semaphore_post(&semaphore), 0);
  assert_int_equal(semaphore_wait_until(&semaphore, 0), 0);
  assert_int_equal(linux_futex_calls(), before);
  semaphore_init(&semaphore, SEMAPHORE_UNITS_MAX - 1);
  assert_int_equal(semaphore_post(&semaphore), 0);
  assert_int_equal(semaphore_post(&semaphore), -EOVERFLOW);
  assert_int_equal(semaphore_units(&semaphore), SEMAPHORE_UNITS_MAX);
}

/* Posts each semaphore that it is given, until that is the end mark. */
static struct semaphore *handed_over;
static struct semaphore end_mark;

static void *post_each(void *argument)
{
  struct semaphore *semaphore = NULL;
  while (semaphore != &end_mark)
  {
    semaphore = __atomic_exchange_n(&handed_over, NULL, __ATOMIC_ACQ_REL);
    if (semaphore != NULL)
      semaphore_post(semaphore);
    else
      sched_yield();
  }
  return argument;
}

/* The taker frees the semaphore at once: the address sanitizer sees a late look at it. */
static void semaphore_is_freed_by_its_taker(void **state)
{
  (void) state;
  pthread_t thread;
  start_all(&thread, 1, post_each, NULL);
  for (int i = 0; i < ROUNDS; i++)
  {
    struct semaphore *semaphore = calloc(1, sizeof(*semaphore));
    __atomic_store_n(&handed_over, semaphore, __ATOMIC_RELEASE);
    semaphore_wait_until(semaphore, FUTEX_FOREVER);
    free(semaphore);
  }
  __atomic_store_n(&handed_over, &end_mark, __ATOMIC_RELEASE);
  join_all(&thread, 1);
}

int main(void)
{
  mutex_expect_tasks();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mutex_uncontended_makes_no_call),
      cmocka_unit_test(mutex_excludes),
      cmocka_unit_test(mutex_kinds_and_errors),
      cmocka_unit_test(semaphore_counts_exactly),
      cmocka_unit_test(semaphore_limits),
      cmocka_unit_test(semaphore_is_freed_by_its_taker),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
