/* Semaphores: units, time-outs, names. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <semaphore.h>
#include <string.h>

#include "pthread_check.h"

static sem_t semaphore;

static void *post_later(void *argument)
{
  sleep_ms(10);
  CHECK(sem_post(argument) == 0);
  return NULL;
}

static bool has_units(sem_t *of, int units)
{
  int value = -1;
  return sem_getvalue(of, &value) == 0 && value == units;
}

static void check_units(sem_t *of)
{
  CHECK(has_units(of, 2));
  CHECK(sem_wait(of) == 0);
  CHECK(sem_trywait(of) == 0);
  errno = 0;
  CHECK(sem_trywait(of) == -1 && errno == EAGAIN);
  int64_t before_ms = now_ms();
  struct timespec until = in_ms(CLOCK_REALTIME, 10);
  errno = 0;
  CHECK(sem_timedwait(of, &until) == -1 && errno == ETIMEDOUT);
  CHECK(now_ms() - before_ms >= 8);
  until = in_ms(CLOCK_MONOTONIC, 10);
  errno = 0;
  CHECK(sem_clockwait(of, CLOCK_MONOTONIC, &until) == -1 && errno == ETIMEDOUT);
  struct timespec wrong = {.tv_nsec = -1};
  errno = 0;
  CHECK(sem_timedwait(of, &wrong) == -1 && errno == EINVAL);
  errno = 0;
  CHECK(sem_clockwait(of, CLOCK_PROCESS_CPUTIME_ID, &until) == -1 && errno == EINVAL);
  CHECK(sem_post(of) == 0);
  CHECK(sem_timedwait(of, &until) == 0); /* it is not looked at */
  pthread_t thread = start(post_later, of);
  CHECK(sem_wait(of) == 0);
  result_of(thread);
  thread = start(post_later, of);
  until = in_ms(CLOCK_REALTIME, 5000);
  CHECK(sem_timedwait(of, &until) == 0);
  result_of(thread);
  thread = start(post_later, of);
  until = in_ms(CLOCK_MONOTONIC, 5000);
  CHECK(sem_clockwait(of, CLOCK_MONOTONIC, &until) == 0);
  result_of(thread);
  CHECK(has_units(of, 0));
}

static void check_limits(void)
{
  errno = 0;
  CHECK(sem_init(&semaphore, 0, (unsigned int) SEM_VALUE_MAX + 1) == -1 && errno == EINVAL);
  CHECK(sem_init(&semaphore, 0, SEM_VALUE_MAX) == 0);
  errno = 0;
  CHECK(sem_post(&semaphore) == -1 && errno == EOVERFLOW);
  CHECK(sem_destroy(&semaphore) == 0);
  CHECK(sem_init(&semaphore, 1, 2) == 0);
  check_units(&semaphore);
  CHECK(sem_destroy(&semaphore) == 0);
}

/* ---- Names ---- */

static bool fails(sem_t *result, int error)
{
  bool failed = result == SEM_FAILED && errno == error;
  errno = 0;
  return failed;
}

static void check_names(void)
{
  char longest[NAME_MAX + 2];
  sem_unlink("/uhyve-test");
  sem_unlink("/uhyve-test-2");
  CHECK(fails(sem_open("/uhyve-test", 0), ENOENT));
  CHECK(fails(sem_open("/", O_CREAT, 0600, 1), EINVAL));
  CHECK(fails(sem_open("/uhyve/test", O_CREAT, 0600, 1), EINVAL));
  CHECK(fails(sem_open("/uhyve-test", O_CREAT, 0600, (unsigned int) SEM_VALUE_MAX + 1), EINVAL));
  memset(longest, 'n', sizeof(longest));
  longest[0] = '/';
  longest[sizeof(longest) - 1] = '\0';
  CHECK(fails(sem_open(longest, O_CREAT, 0600, 1), ENAMETOOLONG));
  longest[NAME_MAX - 3] = '\0';
  sem_t *with_long_name = sem_open(longest, O_CREAT, 0600, 1);
  CHECK(with_long_name != SEM_FAILED);
  CHECK(sem_close(with_long_name) == 0);
  CHECK(sem_unlink(longest) == 0);

  sem_t *first = sem_open("/uhyve-test", O_CREAT | O_EXCL, 0600, 2);
  if (!CHECK(first != SEM_FAILED))
    return;
  CHECK(fails(sem_open("/uhyve-test", O_CREAT | O_EXCL, 0600, 2), EEXIST));
  sem_t *second = sem_open("/uhyve-test", O_CREAT, 0600, 7); /* it has its units */
  CHECK(second == first);
  CHECK(sem_open("/uhyve-test", 0) == first);
  sem_t *other = sem_open("/uhyve-test-2", O_CREAT, 0600, 0);
  CHECK(other != SEM_FAILED && other != first);
  check_units(first);
  CHECK(sem_close(second) == 0);
  CHECK(sem_close(second) == 0);

  /* Without its name it is there as long as it is open. */
  CHECK(sem_unlink("/uhyve-test") == 0);
  errno = 0;
  CHECK(sem_unlink("/uhyve-test") == -1 && errno == ENOENT);
  CHECK(fails(sem_open("/uhyve-test", 0), ENOENT));
  sem_t *third = sem_open("/uhyve-test", O_CREAT, 0600, 5);
  CHECK(third != SEM_FAILED && third != first);
  CHECK(has_units(third, 5) && has_units(first, 0));
  CHECK(sem_post(first) == 0 && has_units(first, 1) && has_units(third, 5));
  CHECK(sem_close(first) == 0);

  /* Closed, it keeps its units as long as it has a name. */
  CHECK(sem_close(third) == 0);
  third = sem_open("/uhyve-test", 0);
  CHECK(third != SEM_FAILED && has_units(third, 5));
  CHECK(sem_unlink("/uhyve-test") == 0);
  CHECK(sem_close(third) == 0);
  CHECK(sem_unlink("/uhyve-test-2") == 0);
  CHECK(sem_close(other) == 0);
  errno = 0;
  CHECK(sem_close(&semaphore) == -1 && errno == EINVAL);
  errno = 0;
  CHECK(sem_unlink("/uhyve-none") == -1 && errno == ENOENT);
}

/* ---- Many ---- */

#define ROUNDS 2000

static sem_t room, units;
static volatile int inside;

static void *give(void *argument)
{
  for (int i = 0; i < ROUNDS; i++)
  {
    CHECK(sem_wait(&room) == 0);
    CHECK(__atomic_add_fetch(&inside, 1, __ATOMIC_RELAXED) <= 4);
    CHECK(sem_post(&units) == 0);
  }
  return argument;
}

static void *take(void *argument)
{
  for (int i = 0; i < ROUNDS; i++)
  {
    struct timespec soon = in_ms(CLOCK_MONOTONIC, 1);
    while (sem_clockwait(&units, CLOCK_MONOTONIC, &soon) != 0)
      soon = in_ms(CLOCK_MONOTONIC, 1);
    __atomic_sub_fetch(&inside, 1, __ATOMIC_RELAXED);
    CHECK(sem_post(&room) == 0);
  }
  return argument;
}

static void check_many(void)
{
  pthread_t threads[4];
  CHECK(sem_init(&room, 0, 4) == 0 && sem_init(&units, 0, 0) == 0);
  for (int i = 0; i < 4; i++)
    threads[i] = start(i % 2 ? give : take, NULL);
  for (int i = 0; i < 4; i++)
    result_of(threads[i]);
  CHECK(has_units(&room, 4) && has_units(&units, 0));
}

int main(void)
{
  check_limits();
  check_names();
  check_many();
  return check_finish();
}
