/* Read-write lock and barrier with real threads. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "linux_futex.h"
#include "sched/barrier.h"
#include "sched/rwlock.h"
#include "threads.h"
#include "unit_test.h"

#define THREADS 6
#define ROUNDS  4000
#define MS      1000000ull

/* ---- Read-write lock ---- */

struct table
{
  struct rwlock lock;
  unsigned int a, b; /* not atomic: the lock guards them */
  uint64_t seed;
};

/* The lock is taken in all ways, with time-outs that end some of them. */
static bool take(struct rwlock *lock, bool writes, uint64_t number)
{
  uint64_t deadline_ns = number % 3 == 0 ? linux_now_ns() + MS / 20 : FUTEX_FOREVER;
  if (number % 5 == 0)
    return (writes ? rwlock_try_write(lock) : rwlock_try_read(lock, false)) == 0;
  return (writes ? rwlock_write(lock, deadline_ns) : rwlock_read(lock, deadline_ns, false)) == 0;
}

static void *read_and_write(void *argument)
{
  struct table *table = argument;
  uint64_t state = __atomic_add_fetch(&table->seed, 1, __ATOMIC_RELAXED);
  for (int i = 0; i < ROUNDS; i++)
  {
    uint64_t number = random_next(&state);
    bool writes = number >> 32 & 1;
    if (!take(&table->lock, writes, number))
      continue;
    assert_int_equal(table->a, table->b);
    if (writes)
    {
      table->a++;
      table->b++;
      rwlock_unlock_write(&table->lock);
    }
    else
    {
      /* Who reads may read once more, whoever waits. */
      if (number % 7 == 0)
      {
        assert_int_equal(rwlock_read(&table->lock, FUTEX_FOREVER, true), 0);
        rwlock_unlock(&table->lock, 1);
      }
      rwlock_unlock(&table->lock, 1);
    }
  }
  return NULL;
}

static void rwlock_excludes(void **state)
{
  (void) state;
  static struct table table;
  pthread_t threads[THREADS];
  start_all(threads, THREADS, read_and_write, &table);
  join_all(threads, THREADS);
  assert_int_equal(table.a, table.b);
  assert_true(table.a > 0);
  assert_int_equal(table.lock.state & RWLOCK_HOLDERS, 0);
}

static void rwlock_alone(void **state)
{
  (void) state;
  struct rwlock lock = {0};
  uint64_t calls = linux_futex_calls();
  for (int i = 0; i < 3; i++)
  {
    assert_int_equal(rwlock_read(&lock, 0, false), 0);
    assert_int_equal(rwlock_try_write(&lock), -EBUSY);
  }
  for (int i = 0; i < 3; i++)
    rwlock_unlock(&lock, 1);
  assert_int_equal(rwlock_write(&lock, 0), 0);
  assert_int_equal(rwlock_try_read(&lock, true), -EBUSY);
  assert_int_equal(rwlock_read(&lock, 0, true), -EDEADLK);
  assert_int_equal(rwlock_write(&lock, 0), -EDEADLK);
  rwlock_unlock_write(&lock);
  assert_int_equal(linux_futex_calls(), calls); /* none of that takes a call */
  lock.state = RWLOCK_HOLDERS - 1;
  assert_int_equal(rwlock_read(&lock, FUTEX_FOREVER, false), -EAGAIN);
}

/* A writer that slept takes the lock as if others slept still. Whoever must read may come in after
 * its unlock, before that has seen to those who wait: it is the last then, and nobody waits. */
static void rwlock_opens_when_no_writer_waits(void **state)
{
  (void) state;
  struct rwlock lock = {.state = RWLOCK_WRITERS_WAIT};
  assert_int_equal(rwlock_try_read(&lock, true), 0);
  rwlock_unlock(&lock, 1);
  assert_int_equal(rwlock_read(&lock, linux_now_ns() + MS, false), 0);
  rwlock_unlock(&lock, 1);
  assert_int_equal(lock.state, 0);
}

/* ---- Barrier ---- */

struct gate
{
  struct barrier barrier;
  unsigned int arrived[ROUNDS];
  unsigned int last[ROUNDS];
};

static void *go_round(void *argument)
{
  struct gate *gate = argument;
  for (int i = 0; i < ROUNDS; i++)
  {
    __atomic_add_fetch(&gate->arrived[i], 1, __ATOMIC_RELAXED);
    bool is_last = barrier_wait(&gate->barrier);
    assert_int_equal(__atomic_load_n(&gate->arrived[i], __ATOMIC_RELAXED), THREADS);
    if (is_last)
      gate->last[i]++;
  }
  return NULL;
}

static void barrier_holds_all(void **state)
{
  (void) state;
  static struct gate gate;
  pthread_t threads[THREADS];
  barrier_init(&gate.barrier, THREADS);
  start_all(threads, THREADS, go_round, &gate);
  join_all(threads, THREADS);
  for (int i = 0; i < ROUNDS; i++)
    assert_int_equal(gate.last[i], 1);
}

static void *pass_and_free(void *argument)
{
  struct barrier *barrier = argument;
  if (barrier_wait(barrier))
  {
    barrier_destroy(barrier);
    free(barrier);
  }
  return NULL;
}

static void barrier_is_freed_by_its_last(void **state)
{
  (void) state;
  for (int i = 0; i < 100; i++)
  {
    pthread_t threads[THREADS];
    struct barrier *barrier = malloc(sizeof(*barrier));
    assert_non_null(barrier);
    barrier_init(barrier, THREADS);
    start_all(threads, THREADS, pass_and_free, barrier);
    join_all(threads, THREADS);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rwlock_excludes),
      cmocka_unit_test(rwlock_alone),
      cmocka_unit_test(rwlock_opens_when_no_writer_waits),
      cmocka_unit_test(barrier_holds_all),
      cmocka_unit_test(barrier_is_freed_by_its_last),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
