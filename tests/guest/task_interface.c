/* The kernel library's interface for programs: <uhyve/task.h>, <uhyve/sync.h>. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <uhyve/sync.h>
#include <uhyve/task.h>

#include "check.h"

#define MS     1000000ull
#define TASKS  8
#define ROUNDS 2000

static void *report_self(void *argument)
{
  struct uhyve_task *self = uhyve_task_current();
  CHECK(strcmp(uhyve_task_name(self), "reporter") == 0);
  CHECK(uhyve_task_priority(self) == 20);
  CHECK(uhyve_task_id(self) > 1);
  CHECK((pthread_t) self == pthread_self());
  if (argument != NULL)
    CHECK(uhyve_cpu() == *(unsigned int *) argument);
  uhyve_task_exit(argument);
}

static void *wait_long(void *argument)
{
  uhyve_semaphore_wait(argument, UHYVE_FOREVER);
  return NULL;
}

static void check_tasks(void)
{
  struct uhyve_task *self = uhyve_task_current();
  CHECK(uhyve_task_id(self) == 1);
  CHECK(uhyve_task_priority(self) == UHYVE_PRIORITY_DEFAULT);
  struct uhyve_task *task = NULL;
  void *result = NULL;
  for (unsigned int cpu = 0; cpu < uhyve_cpu_count(); cpu++)
  {
    CHECK(uhyve_task_create(&task, "reporter", 20, (int) cpu, report_self, &cpu) == 0);
    CHECK(uhyve_task_join(task, &result, UHYVE_FOREVER) == 0 && result == &cpu);
  }
  CHECK(uhyve_task_create(&task, "reporter", 20, UHYVE_ANY_CPU, report_self, NULL) == 0);
  CHECK(uhyve_task_join(task, NULL, UHYVE_FOREVER) == 0);
  CHECK(uhyve_task_create(&task, NULL, UHYVE_PRIORITIES, UHYVE_ANY_CPU, wait_long, NULL) ==
        -EINVAL);
  CHECK(uhyve_task_create(&task, NULL, 1, (int) uhyve_cpu_count(), wait_long, NULL) == -EINVAL);
  CHECK(uhyve_task_create(&task, NULL, 1, -2, wait_long, NULL) == -EINVAL);
  CHECK(uhyve_task_join(self, NULL, UHYVE_FOREVER) == -EDEADLK);

  static struct uhyve_semaphore never;
  CHECK(uhyve_task_create(&task, "waiter", 31, UHYVE_ANY_CPU, wait_long, &never) == 0);
  uint64_t deadline_ns = uhyve_now() + 10 * MS;
  CHECK(uhyve_task_join(task, NULL, deadline_ns) == -ETIMEDOUT);
  CHECK(uhyve_now() >= deadline_ns);
  CHECK(uhyve_task_set_priority(task, 32) == -EINVAL);
  CHECK(uhyve_task_set_priority(task, 3) == 0 && uhyve_task_priority(task) == 3);
  CHECK(uhyve_task_set_cpu(task, 0) == 0);
  CHECK(uhyve_task_set_cpu(task, (int) uhyve_cpu_count()) == -EINVAL);
  CHECK(uhyve_task_set_cpu(task, UHYVE_ANY_CPU) == 0);
  CHECK(uhyve_semaphore_post(&never) == 0);
  CHECK(uhyve_task_join(task, NULL, UHYVE_FOREVER) == 0);

  for (unsigned int cpu = 0; cpu < uhyve_cpu_count(); cpu++)
    CHECK(uhyve_task_set_cpu(self, (int) cpu) == 0 && uhyve_cpu() == cpu);
  CHECK(uhyve_task_set_cpu(self, UHYVE_ANY_CPU) == 0);
  uint64_t before_ns = uhyve_now();
  uhyve_task_sleep(5 * MS);
  CHECK(uhyve_now() - before_ns >= 5 * MS);
  deadline_ns = uhyve_now() + 5 * MS;
  uhyve_task_sleep_until(deadline_ns);
  CHECK(uhyve_now() >= deadline_ns);
}

struct shared
{
  struct uhyve_spinlock spinlock;
  struct uhyve_spinlock inner;
  struct uhyve_mutex mutex;
  struct uhyve_semaphore done;
  unsigned int by_spinlock;
  unsigned int by_inner;
  unsigned int by_mutex;
};

static void *count(void *argument)
{
  struct shared *shared = argument;
  for (int i = 0; i < ROUNDS; i++)
  {
    uhyve_spinlock_lock(&shared->spinlock);
    shared->by_spinlock++;
    uhyve_spinlock_lock_nested(&shared->inner);
    shared->by_inner++;
    uhyve_spinlock_unlock_nested(&shared->inner);
    uhyve_spinlock_unlock(&shared->spinlock);
    uhyve_mutex_lock(&shared->mutex);
    shared->by_mutex++;
    if (i % 32 == 0)
      uhyve_task_yield();
    uhyve_mutex_unlock(&shared->mutex);
  }
  uhyve_semaphore_post(&shared->done);
  return NULL;
}

static void check_locks(void)
{
  static struct shared shared;
  /* Nobody joins these. */
  for (unsigned int i = 0; i < TASKS; i++)
    CHECK(uhyve_task_create(NULL, "counter", 12 + i % 8, UHYVE_ANY_CPU, count, &shared) == 0);
  for (int i = 0; i < TASKS; i++)
    CHECK(uhyve_semaphore_wait(&shared.done, uhyve_now() + 10000 * MS) == 0);
  CHECK(shared.by_spinlock == TASKS * ROUNDS);
  CHECK(shared.by_inner == TASKS * ROUNDS);
  CHECK(shared.by_mutex == TASKS * ROUNDS);

  struct uhyve_mutex mutex;
  uhyve_mutex_init(&mutex, UHYVE_MUTEX_ERRORCHECK);
  CHECK(uhyve_mutex_unlock(&mutex) == -EPERM);
  CHECK(uhyve_mutex_lock(&mutex) == 0 && uhyve_mutex_lock(&mutex) == -EDEADLK);
  CHECK(uhyve_mutex_try_lock(&mutex) == -EBUSY && uhyve_mutex_unlock(&mutex) == 0);
  uhyve_mutex_init(&mutex, UHYVE_MUTEX_RECURSIVE);
  CHECK(uhyve_mutex_lock(&mutex) == 0 && uhyve_mutex_lock_until(&mutex, 0) == 0);
  CHECK(uhyve_mutex_unlock(&mutex) == 0 && uhyve_mutex_unlock(&mutex) == 0);
  uhyve_mutex_init(&mutex, UHYVE_MUTEX_NORMAL);
  CHECK(uhyve_mutex_lock(&mutex) == 0);
  CHECK(uhyve_mutex_lock_until(&mutex, uhyve_now() + MS) == -ETIMEDOUT);

  struct uhyve_semaphore semaphore;
  uhyve_semaphore_init(&semaphore, UHYVE_SEMAPHORE_MAX);
  CHECK(uhyve_semaphore_post(&semaphore) == -EOVERFLOW);
  uhyve_semaphore_init(&semaphore, 1);
  CHECK(uhyve_semaphore_units(&semaphore) == 1 && uhyve_semaphore_try_wait(&semaphore) == 0);
  CHECK(uhyve_semaphore_try_wait(&semaphore) == -EAGAIN);
  CHECK(uhyve_semaphore_wait(&semaphore, uhyve_now() + MS) == -ETIMEDOUT);
}

struct gate
{
  struct uhyve_mutex mutex;
  struct uhyve_condition *condition;
  unsigned int arrived;
  unsigned int passed;
  bool open;
};

static void *pass(void *argument)
{
  struct gate *gate = argument;
  uhyve_mutex_lock(&gate->mutex);
  gate->arrived++;
  while (!gate->open)
    uhyve_condition_wait(gate->condition, &gate->mutex, UHYVE_FOREVER);
  gate->passed++;
  uhyve_mutex_unlock(&gate->mutex);
  return NULL;
}

/* The condition is freed at once, with the mutex held. */
static void check_condition(void)
{
  struct uhyve_task *tasks[TASKS];
  for (int round = 0; round < 50; round++)
  {
    struct gate gate = {.condition = calloc(1, sizeof(struct uhyve_condition))};
    bool good = true;
    for (int i = 0; i < TASKS; i++)
      good = good && uhyve_task_create(&tasks[i], NULL, 16, UHYVE_ANY_CPU, pass, &gate) == 0;
    uhyve_mutex_lock(&gate.mutex);
    while (gate.arrived < TASKS)
      good = good && uhyve_condition_wait(gate.condition, &gate.mutex, uhyve_now() + MS / 5) != 1;
    gate.open = true;
    uhyve_condition_broadcast(gate.condition);
    uhyve_condition_destroy(gate.condition);
    memset(gate.condition, 0xff, sizeof(*gate.condition));
    free(gate.condition);
    uhyve_mutex_unlock(&gate.mutex);
    for (int i = 0; i < TASKS; i++)
      good = good && uhyve_task_join(tasks[i], NULL, UHYVE_FOREVER) == 0;
    CHECK(good && gate.passed == TASKS);
  }
}

static void *wake_futex(void *argument)
{
  uint32_t *word = argument;
  uhyve_task_sleep(2 * MS);
  __atomic_store_n(word, 1, __ATOMIC_RELEASE);
  CHECK(uhyve_futex_wake(word, 1) <= 1);
  return NULL;
}

static void check_futex(void)
{
  uint32_t word = 0;
  struct uhyve_task *task;
  CHECK(uhyve_futex_wait(&word, 1, UHYVE_FOREVER) == -EAGAIN);
  CHECK(uhyve_futex_wait(&word, 0, uhyve_now() + MS) == -ETIMEDOUT);
  CHECK(uhyve_futex_wait(&word, 0, 0) == -ETIMEDOUT);
  CHECK(uhyve_futex_wake(&word, 1) == 0);
  CHECK(uhyve_task_create(&task, NULL, 16, UHYVE_ANY_CPU, wake_futex, &word) == 0);
  while (__atomic_load_n(&word, __ATOMIC_ACQUIRE) == 0)
    uhyve_futex_wait(&word, 0, UHYVE_FOREVER);
  CHECK(uhyve_task_join(task, NULL, UHYVE_FOREVER) == 0);
}

int main(void)
{
  check_tasks();
  check_locks();
  check_condition();
  check_futex();
  return check_finish();
}
