/* Read-write locks: exclusion, time-outs, writers among readers, errors, attributes. */
#define _GNU_SOURCE
#include <pthread.h>

#include "pthread_check.h"

#define THREADS 6
#define ROUNDS  3000

/* ---- One thread ---- */

static void check_alone(pthread_rwlock_t *lock)
{
  struct timespec past = {0};
  CHECK(pthread_rwlock_rdlock(lock) == 0);
  CHECK(pthread_rwlock_rdlock(lock) == 0);
  CHECK(pthread_rwlock_tryrdlock(lock) == 0);
  CHECK(pthread_rwlock_trywrlock(lock) == EBUSY);
  CHECK(pthread_rwlock_timedwrlock(lock, &past) == ETIMEDOUT);
  CHECK(pthread_rwlock_timedrdlock(lock, &past) == 0);
  for (int i = 0; i < 4; i++)
    CHECK(pthread_rwlock_unlock(lock) == 0);
  CHECK(pthread_rwlock_wrlock(lock) == 0);
  CHECK(pthread_rwlock_tryrdlock(lock) == EBUSY);
  CHECK(pthread_rwlock_trywrlock(lock) == EBUSY);
  CHECK(pthread_rwlock_rdlock(lock) == EDEADLK);
  CHECK(pthread_rwlock_wrlock(lock) == EDEADLK);
  CHECK(pthread_rwlock_unlock(lock) == 0);
  CHECK(pthread_rwlock_trywrlock(lock) == 0);
  CHECK(pthread_rwlock_unlock(lock) == 0);
  CHECK(pthread_rwlock_timedwrlock(lock, &past) == 0);
  CHECK(pthread_rwlock_unlock(lock) == 0);
}

static void check_kinds(void)
{
  pthread_rwlock_t fixed = PTHREAD_RWLOCK_INITIALIZER;
  pthread_rwlock_t writers = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
  check_alone(&fixed);
  check_alone(&writers);
  pthread_rwlockattr_t attributes;
  int value;
  CHECK(pthread_rwlockattr_init(&attributes) == 0);
  CHECK(pthread_rwlockattr_getkind_np(&attributes, &value) == 0 &&
        value == PTHREAD_RWLOCK_DEFAULT_NP);
  CHECK(pthread_rwlockattr_getpshared(&attributes, &value) == 0 &&
        value == PTHREAD_PROCESS_PRIVATE);
  CHECK(pthread_rwlockattr_setkind_np(&attributes, 7) == EINVAL);
  CHECK(pthread_rwlockattr_setpshared(&attributes, 7) == EINVAL);
  for (int kind = PTHREAD_RWLOCK_PREFER_READER_NP;
       kind <= PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP; kind++)
  {
    pthread_rwlock_t made;
    CHECK(pthread_rwlockattr_setkind_np(&attributes, kind) == 0);
    CHECK(pthread_rwlockattr_getkind_np(&attributes, &value) == 0 && value == kind);
    CHECK(pthread_rwlock_init(&made, &attributes) == 0);
    check_alone(&made);
    CHECK(pthread_rwlock_destroy(&made) == 0);
  }
  CHECK(pthread_rwlockattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0);
  CHECK(pthread_rwlockattr_getpshared(&attributes, &value) == 0 && value == PTHREAD_PROCESS_SHARED);
  CHECK(pthread_rwlockattr_destroy(&attributes) == 0);
}

/* ---- Waiting ---- */

static pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
static volatile int step;

static void *try_timed(void *argument)
{
  (void) argument;
  struct timespec until = in_ms(CLOCK_REALTIME, 20);
  CHECK(pthread_rwlock_timedrdlock(&lock, &until) == ETIMEDOUT);
  until = in_ms(CLOCK_REALTIME, 20);
  CHECK(pthread_rwlock_timedwrlock(&lock, &until) == ETIMEDOUT);
  until = in_ms(CLOCK_MONOTONIC, 20);
  CHECK(pthread_rwlock_clockrdlock(&lock, CLOCK_MONOTONIC, &until) == ETIMEDOUT);
  until = in_ms(CLOCK_MONOTONIC, 20);
  CHECK(pthread_rwlock_clockwrlock(&lock, CLOCK_MONOTONIC, &until) == ETIMEDOUT);
  struct timespec wrong = {.tv_nsec = 1000000000};
  CHECK(pthread_rwlock_timedrdlock(&lock, &wrong) == EINVAL);
  CHECK(pthread_rwlock_timedwrlock(&lock, &wrong) == EINVAL);
  CHECK(pthread_rwlock_clockrdlock(&lock, CLOCK_PROCESS_CPUTIME_ID, &until) == EINVAL);
  return NULL;
}

static void *write_for_20_ms(void *argument)
{
  (void) argument;
  struct timespec until = in_ms(CLOCK_MONOTONIC, 20);
  set(&step, 1);
  return (void *) (intptr_t) pthread_rwlock_clockwrlock(&lock, CLOCK_MONOTONIC, &until);
}

static void *read_once(void *argument)
{
  (void) argument;
  CHECK(pthread_rwlock_rdlock(&lock) == 0);
  set(&step, 2);
  CHECK(pthread_rwlock_unlock(&lock) == 0);
  return NULL;
}

static void *write_once(void *argument)
{
  (void) argument;
  CHECK(pthread_rwlock_wrlock(&lock) == 0);
  set(&step, 3);
  CHECK(pthread_rwlock_unlock(&lock) == 0);
  return NULL;
}

static void check_waiting(void)
{
  CHECK(pthread_rwlock_wrlock(&lock) == 0);
  result_of(start(try_timed, NULL));
  pthread_t reader = start(read_once, NULL);
  sleep_ms(10);
  CHECK(step != 2);
  CHECK(pthread_rwlock_unlock(&lock) == 0);
  result_of(reader);
  CHECK(step == 2);

  /* A writer that has given up keeps no reader out. */
  CHECK(pthread_rwlock_rdlock(&lock) == 0);
  pthread_t writer = start(write_for_20_ms, NULL);
  CHECK(comes(&step, 1));
  CHECK(result_of(writer) == (void *) (intptr_t) ETIMEDOUT);
  reader = start(read_once, NULL);
  CHECK(comes(&step, 2));
  result_of(reader);

  /* Who reads already may read again, even if a writer waits. */
  writer = start(write_once, NULL);
  sleep_ms(10);
  CHECK(step == 2);
  CHECK(pthread_rwlock_rdlock(&lock) == 0);
  CHECK(pthread_rwlock_unlock(&lock) == 0);
  CHECK(step == 2);
  CHECK(pthread_rwlock_unlock(&lock) == 0);
  result_of(writer);
  CHECK(step == 3);
}

/* ---- Many ---- */

static struct
{
  pthread_rwlock_t lock;
  volatile long a, b;
  int readers;
  volatile int overlapped;
  volatile int end;
} shared = {.lock = PTHREAD_RWLOCK_INITIALIZER};

static void *read_and_write(void *argument)
{
  unsigned int seed = (unsigned int) (intptr_t) argument;
  bool good = true;
  for (int i = 0; i < ROUNDS; i++)
  {
    seed = seed * 1103515245 + 12345;
    struct timespec soon = in_ms(CLOCK_MONOTONIC, 1);
    if (seed >> 16 & 3)
    {
      int error = seed >> 18 & 7 ? pthread_rwlock_rdlock(&shared.lock)
                                 : pthread_rwlock_clockrdlock(&shared.lock, CLOCK_MONOTONIC, &soon);
      if (error == ETIMEDOUT)
        continue;
      good = good && error == 0 && shared.a == shared.b;
      pthread_rwlock_unlock(&shared.lock);
      continue;
    }
    int error = seed >> 18 & 3 ? pthread_rwlock_wrlock(&shared.lock)
                               : pthread_rwlock_clockwrlock(&shared.lock, CLOCK_MONOTONIC, &soon);
    if (error == ETIMEDOUT)
      continue;
    good = good && error == 0 && shared.a == shared.b;
    shared.a = shared.a + 1;
    if (i % 64 == 0)
      sched_yield();
    shared.b = shared.b + 1;
    pthread_rwlock_unlock(&shared.lock);
  }
  CHECK(good);
  return NULL;
}

/* Readers overlap, so that there is never a moment without one. */
static void *read_on(void *argument)
{
  (void) argument;
  while (!__atomic_load_n(&shared.end, __ATOMIC_ACQUIRE))
  {
    pthread_rwlock_rdlock(&shared.lock);
    if (__atomic_add_fetch(&shared.readers, 1, __ATOMIC_ACQ_REL) > 1)
      set(&shared.overlapped, 1);
    sleep_ms(2);
    __atomic_sub_fetch(&shared.readers, 1, __ATOMIC_ACQ_REL);
    pthread_rwlock_unlock(&shared.lock);
  }
  return NULL;
}

static void check_many(void)
{
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++)
    threads[i] = start(read_and_write, (void *) (intptr_t) (i + 1));
  for (int i = 0; i < THREADS; i++)
    result_of(threads[i]);
  CHECK(shared.a == shared.b && shared.a > 0);
}

static void check_no_starving(void)
{
#ifdef __uhyve__ /* glibc prefers readers unless told otherwise */
  pthread_t threads[3];
  for (int i = 0; i < 3; i++)
  {
    threads[i] = start(read_on, NULL);
    sleep_ms(1);
  }
  for (int i = 0; i < 10; i++)
  {
    struct timespec until = in_ms(CLOCK_REALTIME, 5000);
    CHECK(pthread_rwlock_timedwrlock(&shared.lock, &until) == 0);
    CHECK(shared.readers == 0);
    pthread_rwlock_unlock(&shared.lock);
    sleep_ms(1);
  }
  CHECK(comes(&shared.overlapped, 1));
  set(&shared.end, 1);
  for (int i = 0; i < 3; i++)
    result_of(threads[i]);
#else
  (void) read_on;
#endif
}

/* The last one to unlock it may destroy it and free its memory. */
static void *unlock_last(void *argument)
{
  pthread_rwlock_t *one = argument;
  pthread_rwlock_wrlock(one);
  pthread_rwlock_unlock(one);
  pthread_rwlock_destroy(one);
  free(one);
  return NULL;
}

static void check_destroy(void)
{
  for (int i = 0; i < 200; i++)
  {
    pthread_rwlock_t *one = malloc(sizeof(*one));
    CHECK(pthread_rwlock_init(one, NULL) == 0);
    CHECK(pthread_rwlock_rdlock(one) == 0);
    pthread_t thread = start(unlock_last, one);
    if (i % 2 == 0)
      sched_yield();
    pthread_rwlock_unlock(one);
    result_of(thread);
  }
}

int main(void)
{
  check_kinds();
  check_waiting();
  check_many();
  check_no_starving();
  check_destroy();
  return check_finish();
}
