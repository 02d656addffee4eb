/* What tests of POSIX threads have in common. They run on Linux, too. */
#ifndef TESTS_POSIX_PTHREAD_CHECK_H
#define TESTS_POSIX_PTHREAD_CHECK_H

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "../../guest/check.h"

#define MS 1000000l

static inline pthread_t start(void *(*run)(void *argument), void *argument)
{
  pthread_t thread;
  if (!CHECK(pthread_create(&thread, NULL, run, argument) == 0))
    exit(check_finish());
  return thread;
}

static inline void *result_of(pthread_t thread)
{
  void *result = NULL;
  CHECK(pthread_join(thread, &result) == 0);
  return result;
}

/* A point of a clock that far from now. */
static inline struct timespec in_ms(clockid_t clock, long ms)
{
  struct timespec now;
  clock_gettime(clock, &now);
  now.tv_nsec += ms % 1000 * MS;
  now.tv_sec += ms / 1000 + now.tv_nsec / 1000000000;
  now.tv_nsec %= 1000000000;
  return now;
}

static inline void sleep_ms(long ms)
{
  struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * MS};
  nanosleep(&wait, NULL);
}

static inline int64_t now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / MS;
}

/* Whether another thread sets it before long: ten seconds, on a busy host. */
static inline bool comes(const volatile int *flag, int value)
{
  int64_t end_ms = now_ms() + 10000;
  while (__atomic_load_n(flag, __ATOMIC_ACQUIRE) != value && now_ms() < end_ms)
    sleep_ms(1);
  return __atomic_load_n(flag, __ATOMIC_ACQUIRE) == value;
}

static inline void set(volatile int *flag, int value)
{
  __atomic_store_n(flag, value, __ATOMIC_RELEASE);
}

#endif
