/* Robust mutexes: the end of a holder, consistency, what is not recoverable. */
#define _GNU_SOURCE
#include <pthread.h>

#include "pthread_check.h"

static void make(pthread_mutex_t *mutex, int type, int protocol)
{
  pthread_mutexattr_t attributes;
  int value;
  CHECK(pthread_mutexattr_init(&attributes) == 0);
  CHECK(pthread_mutexattr_getrobust(&attributes, &value) == 0 && value == PTHREAD_MUTEX_STALLED);
  CHECK(pthread_mutexattr_setrobust(&attributes, 5) == EINVAL);
  CHECK(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0);
  CHECK(pthread_mutexattr_getrobust(&attributes, &value) == 0 && value == PTHREAD_MUTEX_ROBUST);
  CHECK(pthread_mutexattr_settype(&attributes, type) == 0);
  CHECK(pthread_mutexattr_setprotocol(&attributes, protocol) == 0);
  CHECK(pthread_mutex_init(mutex, &attributes) == 0);
  CHECK(pthread_mutexattr_destroy(&attributes) == 0);
}

static void *lock_and_end(void *argument)
{
  CHECK(pthread_mutex_lock(argument) == 0);
  return NULL;
}

static volatile int is_held;

static void *lock_and_sleep(void *argument)
{
  CHECK(pthread_mutex_lock(argument) == 0);
  set(&is_held, 1);
  sleep_ms(10);
  return NULL;
}

static void *wait_for(void *argument)
{
  int error = pthread_mutex_lock(argument);
  if (error == 0)
    pthread_mutex_unlock(argument);
  return (void *) (intptr_t) error;
}

/* glibc wakes only one of those who wait for what is lost. */
#ifdef __uhyve__
#define WAITERS 3
#else
#define WAITERS 1
#endif

static void check_type(int type, int protocol)
{
  pthread_mutex_t mutex;
  make(&mutex, type, protocol);

  /* Free, it is a mutex of its type. */
  CHECK(pthread_mutex_lock(&mutex) == 0);
  CHECK(pthread_mutex_consistent(&mutex) == EINVAL);
  if (type == PTHREAD_MUTEX_RECURSIVE)
  {
    CHECK(pthread_mutex_lock(&mutex) == 0);
    CHECK(pthread_mutex_trylock(&mutex) == 0);
    CHECK(pthread_mutex_unlock(&mutex) == 0);
    CHECK(pthread_mutex_unlock(&mutex) == 0);
  }
#ifdef __uhyve__ /* glibc says EDEADLK to the holder of an error-checking one */
  else
    CHECK(pthread_mutex_trylock(&mutex) == EBUSY);
#endif
  if (type == PTHREAD_MUTEX_ERRORCHECK)
    CHECK(pthread_mutex_lock(&mutex) == EDEADLK);
  CHECK(pthread_mutex_unlock(&mutex) == 0);
  CHECK(pthread_mutex_unlock(&mutex) == EPERM);

  /* Its holder ends, before somebody waits and while. */
  result_of(start(lock_and_end, &mutex));
  CHECK(pthread_mutex_trylock(&mutex) == EOWNERDEAD);
  CHECK(pthread_mutex_consistent(&mutex) == 0);
  CHECK(pthread_mutex_consistent(&mutex) == EINVAL);
  CHECK(pthread_mutex_unlock(&mutex) == 0);
  pthread_t holder = start(lock_and_sleep, &mutex);
  CHECK(comes(&is_held, 1));
  is_held = 0;
  CHECK(pthread_mutex_lock(&mutex) == EOWNERDEAD);
  result_of(holder);
  CHECK(pthread_mutex_consistent(&mutex) == 0);
  CHECK(pthread_mutex_unlock(&mutex) == 0);
  CHECK(pthread_mutex_lock(&mutex) == 0);
  CHECK(pthread_mutex_unlock(&mutex) == 0);
  result_of(start(lock_and_end, &mutex));
  struct timespec soon = in_ms(CLOCK_REALTIME, 500);
  CHECK(pthread_mutex_timedlock(&mutex, &soon) == EOWNERDEAD);

  /* The next holder ends as well: still to be made good. */
  CHECK(pthread_mutex_consistent(&mutex) == 0);
  CHECK(pthread_mutex_unlock(&mutex) == 0);
  result_of(start(lock_and_end, &mutex));
  CHECK(pthread_mutex_lock(&mutex) == EOWNERDEAD);

  /* Unlocked as it is, it is lost, for those who wait, too. */
  pthread_t waiters[WAITERS];
  for (int i = 0; i < WAITERS; i++)
    waiters[i] = start(wait_for, &mutex);
  sleep_ms(10);
  CHECK(pthread_mutex_unlock(&mutex) == 0);
  for (int i = 0; i < WAITERS; i++)
    CHECK(result_of(waiters[i]) == (void *) (intptr_t) ENOTRECOVERABLE);
  CHECK(pthread_mutex_lock(&mutex) == ENOTRECOVERABLE);
  CHECK(pthread_mutex_trylock(&mutex) == ENOTRECOVERABLE);
#ifdef __uhyve__ /* glibc takes it to be locked */
  soon = in_ms(CLOCK_REALTIME, 500);
  CHECK(pthread_mutex_timedlock(&mutex, &soon) == ENOTRECOVERABLE);
#endif
  CHECK(pthread_mutex_consistent(&mutex) == EINVAL);
  CHECK(pthread_mutex_destroy(&mutex) == 0);
}

/* ---- Many that one thread holds, a cancelled holder, a condition variable ---- */

static pthread_mutex_t several[10];

static void *lock_several(void *argument)
{
  for (int i = 0; i < 10; i++)
    CHECK(pthread_mutex_lock(&several[i]) == 0);
  for (int i = 1; i < 10; i += 3)
    CHECK(pthread_mutex_unlock(&several[i]) == 0);
  if (argument != NULL)
    sleep_ms(10000);
  pthread_exit(NULL);
}

static void check_several(void)
{
  for (int i = 0; i < 10; i++)
    make(&several[i], PTHREAD_MUTEX_NORMAL, i % 2 ? PTHREAD_PRIO_INHERIT : PTHREAD_PRIO_NONE);
  for (int cancel = 0; cancel < 2; cancel++)
  {
    pthread_t thread = start(lock_several, cancel ? &cancel : NULL);
    if (cancel)
      CHECK(pthread_cancel(thread) == 0);
    result_of(thread);
    for (int i = 0; i < 10; i++)
    {
      int error = pthread_mutex_lock(&several[i]);
      CHECK(error == (i % 3 == 1 ? 0 : EOWNERDEAD));
      if (error == EOWNERDEAD)
        CHECK(pthread_mutex_consistent(&several[i]) == 0);
      CHECK(pthread_mutex_unlock(&several[i]) == 0);
    }
  }
}

static pthread_mutex_t guard;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int is_there;
static int waiting; /* threads; under the guard */

static void *wait_and_end(void *argument)
{
  (void) argument;
  CHECK(pthread_mutex_lock(&guard) == 0);
  waiting++;
  while (!is_there)
    CHECK(pthread_cond_wait(&condition, &guard) == 0);
  return NULL;
}

static void *wait_after(void *argument)
{
  (void) argument;
  CHECK(pthread_mutex_lock(&guard) == 0);
  waiting++;
  int error = 0;
  while (!is_there)
    error = pthread_cond_wait(&condition, &guard);
  if (error == EOWNERDEAD)
    CHECK(pthread_mutex_consistent(&guard) == 0);
  CHECK(pthread_mutex_unlock(&guard) == 0);
  return NULL;
}

static void check_condition(void)
{
  make(&guard, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_PRIO_NONE);
  struct timespec past = {0};
  CHECK(pthread_mutex_lock(&guard) == 0);
  CHECK(pthread_cond_timedwait(&condition, &guard, &past) == ETIMEDOUT);
  CHECK(pthread_mutex_unlock(&guard) == 0);
  pthread_t threads[4];
  for (int i = 0; i < 4; i++)
    threads[i] = start(i == 0 ? wait_and_end : wait_after, NULL);
  CHECK(pthread_mutex_lock(&guard) == 0);
  while (waiting < 4)
  {
    CHECK(pthread_mutex_unlock(&guard) == 0);
    sleep_ms(1);
    CHECK(pthread_mutex_lock(&guard) == 0);
  }
  is_there = 1;
  CHECK(pthread_cond_broadcast(&condition) == 0);
  CHECK(pthread_mutex_unlock(&guard) == 0);
  for (int i = 0; i < 4; i++)
    result_of(threads[i]);
  int error = pthread_mutex_lock(&guard);
  CHECK(error == 0 || error == EOWNERDEAD);
}

int main(void)
{
  for (int type = PTHREAD_MUTEX_NORMAL; type <= PTHREAD_MUTEX_ERRORCHECK; type++)
  {
    check_type(type, PTHREAD_PRIO_NONE);
    check_type(type, PTHREAD_PRIO_INHERIT);
  }
  check_several();
  check_condition();
  return check_finish();
}
