/* The condition variable with real threads. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "linux_futex.h"
#include "sched/condition.h"
#include "sched/mutex.h"
#include "threads.h"
#include "unit_test.h"

#define THREADS 6
#define ROUNDS  5000
#define MS      1000000ull

static void sleep_ms(long ms)
{
  nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

struct queue
{
  struct mutex mutex;
  struct condition not_empty;
  struct condition not_full;
  unsigned int length;
  unsigned int put;
  unsigned int got;
  bool broadcast;
  bool timeouts;
};

#define QUEUE_MAX 3

static void tell(struct queue *queue, struct condition *condition)
{
  if (queue->broadcast)
    condition_broadcast(condition);
  else
    condition_signal(condition);
}

static void wait_for(struct queue *queue, struct condition *condition)
{
  if (queue->timeouts)
    condition_wait_until(condition, &queue->mutex, linux_now_ns() + 40000);
  else
    condition_wait_until(condition, &queue->mutex, FUTEX_FOREVER);
}

static void *put_all(void *argument)
{
  struct queue *queue = argument;
  for (int i = 0; i < ROUNDS; i++)
  {
    mutex_lock(&queue->mutex);
    while (queue->length == QUEUE_MAX)
      wait_for(queue, &queue->not_full);
    queue->length++;
    queue->put++;
    bool inside = i % 2 == 0;
    if (inside)
      tell(queue, &queue->not_empty);
    mutex_unlock(&queue->mutex);
    if (!inside)
      tell(queue, &queue->not_empty);
  }
  return NULL;
}

static void *get_all(void *argument)
{
  struct queue *queue = argument;
  for (int i = 0; i < ROUNDS; i++)
  {
    mutex_lock(&queue->mutex);
    while (queue->length == 0)
      wait_for(queue, &queue->not_empty);
    queue->length--;
    queue->got++;
    mutex_unlock(&queue->mutex);
    tell(queue, &queue->not_full);
  }
  return NULL;
}

/* Without time-outs one lost wake-up stops it. */
static void condition_loses_nothing(void **state)
{
  (void) state;
  for (unsigned int variant = 0; variant < 8; variant++)
  {
    struct queue queue = {.mutex.kind = variant / 4 == 0 ? MUTEX_NORMAL : MUTEX_ERRORCHECK,
                          .broadcast = variant % 2 != 0,
                          .timeouts = variant / 2 % 2 != 0};
    pthread_t putters[THREADS / 2];
    pthread_t getters[THREADS / 2];
    start_all(getters, THREADS / 2, get_all, &queue);
    start_all(putters, THREADS / 2, put_all, &queue);
    join_all(putters, THREADS / 2);
    join_all(getters, THREADS / 2);
    assert_int_equal(queue.length, 0);
    assert_int_equal(queue.got, THREADS / 2 * ROUNDS);
    assert_int_equal(queue.not_empty.waiters, 0);
    assert_int_equal(queue.not_full.waiters, 0);
    assert_int_equal(queue.mutex.word, MUTEX_FREE);
  }
}

static void condition_times_out(void **state)
{
  (void) state;
  struct condition condition = {0};
  struct mutex mutex = {.kind = MUTEX_RECURSIVE};
  assert_int_equal(condition_wait_until(&condition, &mutex, 0), -EPERM);
  mutex_lock(&mutex);
  mutex_lock(&mutex);
  uint64_t deadline_ns = linux_now_ns() + 20 * MS;
  assert_int_equal(condition_wait_until(&condition, &mutex, deadline_ns), -ETIMEDOUT);
  assert_true(linux_now_ns() >= deadline_ns);
  assert_int_equal(condition.waiters, 0);
  mutex_unlock(&mutex);
  mutex_unlock(&mutex);
  assert_int_equal(mutex_unlock(&mutex), -EPERM);
  uint64_t before = linux_futex_calls();
  condition_signal(&condition);
  condition_broadcast(&condition);
  condition_destroy(&condition);
  assert_int_equal(linux_futex_calls(), before);
}

struct gate
{
  struct mutex mutex;
  struct condition *condition;
  unsigned int waiting;
  unsigned int passed;
  bool open;
};

static void *pass_gate(void *argument)
{
  struct gate *gate = argument;
  mutex_lock(&gate->mutex);
  gate->waiting++;
  while (!gate->open)
    condition_wait_until(gate->condition, &gate->mutex, FUTEX_FOREVER);
  gate->passed++;
  mutex_unlock(&gate->mutex);
  return NULL;
}

static void await_waiting(struct gate *gate, unsigned int count)
{
  for (;;)
  {
    mutex_lock(&gate->mutex);
    unsigned int waiting = gate->waiting;
    mutex_unlock(&gate->mutex);
    if (waiting == count)
      return;
    sched_yield();
  }
}

/* One broadcast wakes all; the condition is freed at once, with the mutex held. */
static void condition_is_freed_after_broadcast(void **state)
{
  (void) state;
  for (int i = 0; i < 200; i++)
  {
    struct gate gate = {.condition = calloc(1, sizeof(struct condition))};
    pthread_t threads[THREADS];
    start_all(threads, THREADS, pass_gate, &gate);
    await_waiting(&gate, THREADS);
    if (i % 4 == 0)
      sleep_ms(1); /* all of them asleep */
    mutex_lock(&gate.mutex);
    gate.open = true;
    condition_broadcast(gate.condition);
    condition_destroy(gate.condition);
    free(gate.condition);
    mutex_unlock(&gate.mutex);
    join_all(threads, THREADS);
    assert_int_equal(gate.passed, THREADS);
  }
}

/* Waiters that broadcast moves to the mutex are woken one by one, not all to queue there. */
static void condition_broadcast_wakes_no_herd(void **state)
{
  (void) state;
  struct condition condition = {0};
  struct gate gate = {.condition = &condition};
  pthread_t threads[THREADS];
  start_all(threads, THREADS, pass_gate, &gate);
  await_waiting(&gate, THREADS);
  while (linux_futex_count_asleep(&condition.sequence) != THREADS)
    sleep_ms(1);
  mutex_lock(&gate.mutex);
  gate.open = true;
  condition_broadcast(&condition);
  /* One is on its way; the others do not leave futex_wait(). */
  while (__atomic_load_n(&condition.waiters, __ATOMIC_RELAXED) == THREADS)
    sleep_ms(1);
  sleep_ms(30);
  assert_int_equal(__atomic_load_n(&condition.waiters, __ATOMIC_RELAXED), THREADS - 1);
  mutex_unlock(&gate.mutex);
  join_all(threads, THREADS);
  assert_int_equal(gate.passed, THREADS);
  assert_int_equal(condition.waiters, 0);
}

int main(void)
{
  mutex_expect_tasks();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(condition_loses_nothing),
      cmocka_unit_test(condition_times_out),
      cmocka_unit_test(condition_is_freed_after_broadcast),
      cmocka_unit_test(condition_broadcast_wakes_no_herd),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
