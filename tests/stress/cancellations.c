/* Threads of random priorities are cancelled while they wait, hold locks of all kinds, or compute:
 * every lock is free afterwards, what it guards is whole, and no unit of a semaphore is lost. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <time.h>

#include "stress.h"

#define THREADS 8
#define UNITS   3

static pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inheriting[2], robust;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once;
static sem_t units;

/* Pairs that are equal while nobody changes them; one for each lock. */
enum guarded
{
  BY_PLAIN,
  BY_INHERITING,
  BY_INHERITING_TOO,
  BY_ROBUST,
  BY_RWLOCK,
  GUARDED
};
static volatile unsigned int pairs[GUARDED][2];

static void change(enum guarded by)
{
  pairs[by][0] = pairs[by][0] + 1;
  pairs[by][1] = pairs[by][1] + 1;
}

static bool is_whole(enum guarded by)
{
  return pairs[by][0] == pairs[by][1];
}

static void nap(struct random *random)
{
  struct timespec wait = {.tv_nsec = (long) random_below(random, 100 * US)};
  nanosleep(&wait, NULL);
}

static void unlock(void *mutex)
{
  CHECK(pthread_mutex_unlock(mutex) == 0);
}

static void unlock_rwlock(void *lock)
{
  CHECK(pthread_rwlock_unlock(lock) == 0);
}

static void post(void *semaphore)
{
  CHECK(sem_post(semaphore) == 0);
}

static struct timespec soon(clockid_t clock, struct random *random)
{
  struct timespec at;
  clock_gettime(clock, &at);
  at.tv_nsec += (long) random_below(random, 200 * US);
  at.tv_sec += at.tv_nsec / (long) S;
  at.tv_nsec %= (long) S;
  return at;
}

/* ---- What a thread does ---- */

static void wait_for_condition(struct random *random)
{
  struct timespec until = soon(CLOCK_REALTIME, random);
  CHECK(pthread_mutex_lock(&plain) == 0);
  pthread_cleanup_push(unlock, &plain);
  int error = random_below(random, 2) != 0 ? pthread_cond_timedwait(&condition, &plain, &until)
                                           : pthread_cond_wait(&condition, &plain);
  CHECK(error == 0 || error == ETIMEDOUT);
  change(BY_PLAIN);
  pthread_cleanup_pop(1);
}

static void wake_waiters(struct random *random)
{
  CHECK((random_below(random, 2) != 0 ? pthread_cond_signal : pthread_cond_broadcast)(&condition) ==
        0);
}

static void take_unit(struct random *random)
{
  struct timespec until = soon(CLOCK_MONOTONIC, random);
  if ((random_below(random, 2) != 0 ? sem_clockwait(&units, CLOCK_MONOTONIC, &until)
                                    : sem_wait(&units)) != 0)
    return;
  pthread_cleanup_push(post, &units);
  nap(random);
  pthread_cleanup_pop(1);
}

static void read_or_write(struct random *random)
{
  bool writes = random_below(random, 3) == 0;
  struct timespec until = soon(CLOCK_MONOTONIC, random);
  int error;
  if (random_below(random, 2) != 0)
    error = writes ? pthread_rwlock_wrlock(&rwlock) : pthread_rwlock_rdlock(&rwlock);
  else
    error = writes ? pthread_rwlock_clockwrlock(&rwlock, CLOCK_MONOTONIC, &until)
                   : pthread_rwlock_clockrdlock(&rwlock, CLOCK_MONOTONIC, &until);
  if (error == ETIMEDOUT)
    return;
  CHECK(error == 0);
  pthread_cleanup_push(unlock_rwlock, &rwlock);
  CHECK(is_whole(BY_RWLOCK));
  if (random_below(random, 2) != 0)
    nap(random);
  if (writes)
    change(BY_RWLOCK);
  pthread_cleanup_pop(1);
}

static void inherit(struct random *random)
{
  struct timespec until = soon(CLOCK_REALTIME, random);
  CHECK(pthread_mutex_lock(&inheriting[0]) == 0);
  pthread_cleanup_push(unlock, &inheriting[0]);
  change(BY_INHERITING);
  int error = pthread_mutex_timedlock(&inheriting[1], &until);
  if (error == 0)
  {
    pthread_cleanup_push(unlock, &inheriting[1]);
    change(BY_INHERITING_TOO);
    nap(random);
    pthread_cleanup_pop(1);
  }
  else
    CHECK(error == ETIMEDOUT);
  pthread_cleanup_pop(1);
}

/* Ends with the mutex at times, and is cancelled with it. */
static bool hold_robust(struct random *random)
{
  int error = pthread_mutex_lock(&robust);
  if (error == EOWNERDEAD)
    error = pthread_mutex_consistent(&robust);
  CHECK(error == 0);
  change(BY_ROBUST);
  nap(random);
  if (random_below(random, 4) == 0)
    return false;
  CHECK(pthread_mutex_unlock(&robust) == 0);
  return true;
}

static void compute(struct random *random)
{
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
  for (uint64_t i = random_below(random, 100000); i > 0; i--)
    __asm__ volatile("");
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, NULL);
}

static void sleep_once(void)
{
  struct timespec wait = {.tv_nsec = 50000};
  nanosleep(&wait, NULL);
}

static void *work(void *argument)
{
  struct random random = random_begin((uint64_t) argument);
  for (;;)
  {
    switch (random_below(&random, 9))
    {
    case 0:
      wait_for_condition(&random);
      break;
    case 1:
      take_unit(&random);
      break;
    case 2:
    case 3:
      read_or_write(&random);
      break;
    case 4:
      inherit(&random);
      break;
    case 5:
      if (!hold_robust(&random))
        return argument;
      break;
    case 6:
      compute(&random);
      break;
    case 7:
      CHECK(pthread_once(&once, sleep_once) == 0);
      break;
    default:
      wake_waiters(&random);
      break;
    }
    pthread_testcancel();
  }
}

/* ---- Rounds ---- */

static void make(pthread_mutex_t *mutex, int protocol, int robustness)
{
  pthread_mutexattr_t attributes;
  CHECK(pthread_mutexattr_init(&attributes) == 0);
  CHECK(pthread_mutexattr_setprotocol(&attributes, protocol) == 0);
  CHECK(pthread_mutexattr_setrobust(&attributes, robustness) == 0);
  CHECK(pthread_mutex_init(mutex, &attributes) == 0);
}

static void look_around(void)
{
  int value;
  CHECK(pthread_mutex_trylock(&plain) == 0 && pthread_mutex_unlock(&plain) == 0);
  for (int i = 0; i < 2; i++)
    CHECK(pthread_mutex_trylock(&inheriting[i]) == 0 && pthread_mutex_unlock(&inheriting[i]) == 0);
  int error = pthread_mutex_trylock(&robust);
  if (error == EOWNERDEAD)
    error = pthread_mutex_consistent(&robust);
  CHECK(error == 0 && pthread_mutex_unlock(&robust) == 0);
  CHECK(pthread_rwlock_trywrlock(&rwlock) == 0 && pthread_rwlock_unlock(&rwlock) == 0);
  CHECK(sem_getvalue(&units, &value) == 0 && value == UNITS);
  for (int i = 0; i < GUARDED; i++)
    CHECK(is_whole((enum guarded) i));
}

static void run_round(struct random *random)
{
  pthread_t threads[THREADS];
  once = PTHREAD_ONCE_INIT;
  for (int i = 0; i < THREADS; i++)
  {
    CHECK(pthread_create(&threads[i], NULL, work, (void *) random_below(random, 1ull << 40)) == 0);
    int priority = (int) random_below(random, 15);
    CHECK(pthread_setschedparam(threads[i], SCHED_RR, &(struct sched_param){priority}) == 0);
  }
  uhyve_task_sleep(random_below(random, 3 * MS));
  for (int i = 0; i < THREADS; i++)
  {
    CHECK(pthread_cancel(threads[i]) == 0);
    if (random_below(random, 2) != 0)
      nap(random);
  }
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_join(threads[i], NULL) == 0);
  look_around();
}

int main(int argc, char **argv)
{
  stress_begin(argc, argv, 20);
  struct random random = random_begin(0);
  make(&inheriting[0], PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_STALLED);
  make(&inheriting[1], PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_STALLED);
  make(&robust, PTHREAD_PRIO_INHERIT, PTHREAD_MUTEX_ROBUST);
  CHECK(sem_init(&units, 0, UNITS) == 0);
  do
  {
    for (unsigned int i = 0; i < stress_size; i++)
      run_round(&random);
  } while (stress_goes_on());
  return stress_finish();
}
