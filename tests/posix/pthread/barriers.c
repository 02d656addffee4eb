/* Barriers, spinlocks, and pthread_once(). */
#define _GNU_SOURCE
#include <pthread.h>

#include "pthread_check.h"

#define THREADS 5
#define ROUNDS  400

/* ---- Barriers ---- */

static pthread_barrier_t barrier;
static volatile int arrived[ROUNDS];
static int serial[ROUNDS];

static void *go_round(void *argument)
{
  bool good = true;
  (void) argument;
  for (int i = 0; i < ROUNDS; i++)
  {
    __atomic_add_fetch(&arrived[i], 1, __ATOMIC_RELAXED);
    int result = pthread_barrier_wait(&barrier);
    good = good && arrived[i] == THREADS;
    good = good && (result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
    if (result == PTHREAD_BARRIER_SERIAL_THREAD)
      __atomic_add_fetch(&serial[i], 1, __ATOMIC_RELAXED);
  }
  CHECK(good);
  return NULL;
}

static void check_rounds(void)
{
  pthread_t threads[THREADS];
  CHECK(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
  for (int i = 0; i < THREADS; i++)
    threads[i] = start(go_round, NULL);
  for (int i = 0; i < THREADS; i++)
    result_of(threads[i]);
  bool one_each = true;
  for (int i = 0; i < ROUNDS; i++)
    one_each = one_each && serial[i] == 1;
  CHECK(one_each);
  CHECK(pthread_barrier_destroy(&barrier) == 0);
}

/* The one that gets the special result destroys it, while the others may be on their way out. */
static void *pass_and_free(void *argument)
{
  pthread_barrier_t *one = argument;
  if (pthread_barrier_wait(one) == PTHREAD_BARRIER_SERIAL_THREAD)
  {
    pthread_barrier_destroy(one);
    free(one);
  }
  return NULL;
}

static void check_destroy(void)
{
  for (int i = 0; i < 200; i++)
  {
    pthread_t threads[3];
    pthread_barrier_t *one = malloc(sizeof(*one));
    CHECK(pthread_barrier_init(one, NULL, 3) == 0);
    for (int k = 0; k < 3; k++)
      threads[k] = start(pass_and_free, one);
    for (int k = 0; k < 3; k++)
      result_of(threads[k]);
  }
}

static void check_barrier_errors(void)
{
  pthread_barrierattr_t attributes;
  int shared;
  CHECK(pthread_barrier_init(&barrier, NULL, 0) == EINVAL);
  CHECK(pthread_barrierattr_init(&attributes) == 0);
  CHECK(pthread_barrierattr_getpshared(&attributes, &shared) == 0 &&
        shared == PTHREAD_PROCESS_PRIVATE);
  CHECK(pthread_barrierattr_setpshared(&attributes, 5) == EINVAL);
  CHECK(pthread_barrierattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0);
  CHECK(pthread_barrierattr_getpshared(&attributes, &shared) == 0 &&
        shared == PTHREAD_PROCESS_SHARED);
  CHECK(pthread_barrier_init(&barrier, &attributes, 1) == 0);
  CHECK(pthread_barrierattr_destroy(&attributes) == 0);
  for (int i = 0; i < 3; i++)
    CHECK(pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD);
  CHECK(pthread_barrier_destroy(&barrier) == 0);
}

/* ---- Spinlocks ---- */

static pthread_spinlock_t spin;
static long counted;

static void *count_up(void *argument)
{
  (void) argument;
  for (int i = 0; i < 20000; i++)
  {
    pthread_spin_lock(&spin);
    counted++;
    pthread_spin_unlock(&spin);
  }
  return NULL;
}

/* The holder sleeps, is preempted, and has a lower priority: who spins must let it run. */
static void *hold(void *argument)
{
  pthread_spin_lock(&spin);
  set(argument, 1);
  sleep_ms(20);
  pthread_spin_unlock(&spin);
  return NULL;
}

static void check_spin(void)
{
  pthread_t threads[THREADS];
  CHECK(pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE) == 0);
  CHECK(pthread_spin_trylock(&spin) == 0);
  CHECK(pthread_spin_trylock(&spin) == EBUSY);
  CHECK(pthread_spin_unlock(&spin) == 0);
  for (int i = 0; i < THREADS; i++)
    threads[i] = start(count_up, NULL);
  for (int i = 0; i < THREADS; i++)
    result_of(threads[i]);
  CHECK(counted == 20000 * THREADS);
  volatile int held = 0;
  threads[0] = start(hold, (void *) &held);
  CHECK(comes(&held, 1));
  struct sched_param former;
  int policy;
  CHECK(pthread_getschedparam(pthread_self(), &policy, &former) == 0);
  CHECK(pthread_setschedparam(pthread_self(), SCHED_FIFO, &(struct sched_param){25}) == 0);
  CHECK(pthread_spin_lock(&spin) == 0);
  CHECK(pthread_spin_unlock(&spin) == 0);
  CHECK(pthread_setschedparam(pthread_self(), policy, &former) == 0);
  result_of(threads[0]);
  CHECK(pthread_spin_destroy(&spin) == 0);
}

/* ---- Once ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static volatile int runs;

static void run(void)
{
  sleep_ms(10);
  __atomic_add_fetch(&runs, 1, __ATOMIC_RELAXED);
}

static void *call_once_of_all(void *argument)
{
  (void) argument;
  CHECK(pthread_once(&once, run) == 0);
  CHECK(runs == 1);
  return NULL;
}

/* A cancelled function has not run. */
static pthread_once_t cancelled_once = PTHREAD_ONCE_INIT;
static volatile int is_running;

static void sleep_long(void)
{
  set(&is_running, 1);
  sleep_ms(10000);
}

static void *call_long(void *argument)
{
  (void) argument;
  pthread_once(&cancelled_once, sleep_long);
  return NULL;
}

static void *call_short(void *argument)
{
  (void) argument;
  pthread_once(&cancelled_once, run);
  return NULL;
}

static pthread_once_t outer = PTHREAD_ONCE_INIT, inner = PTHREAD_ONCE_INIT;

static void run_inner(void)
{
  runs = runs + 1;
}

static void run_outer(void)
{
  CHECK(pthread_once(&inner, run_inner) == 0);
}

static void check_once(void)
{
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++)
    threads[i] = start(call_once_of_all, NULL);
  for (int i = 0; i < THREADS; i++)
    result_of(threads[i]);
  CHECK(runs == 1);
  CHECK(pthread_once(&outer, run_outer) == 0);
  CHECK(runs == 2);

  pthread_t first = start(call_long, NULL);
  CHECK(comes(&is_running, 1));
  pthread_t second = start(call_short, NULL);
  sleep_ms(5);
  CHECK(pthread_cancel(first) == 0);
  CHECK(result_of(first) == PTHREAD_CANCELED);
  CHECK(result_of(second) == NULL);
  CHECK(runs == 3);
}

int main(void)
{
  check_barrier_errors();
  check_rounds();
  check_destroy();
  check_spin();
  check_once();
  return check_finish();
}
