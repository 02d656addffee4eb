/* Cancellation: points, states, handlers, what is left behind. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include "pthread_check.h"

/* ---- Points that wait: each is cancelled while it does, and before it begins ---- */

static pthread_mutex_t mutex = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;
static pthread_t sleeper;
static volatile int end_of_sleeper;

static void *sleep_until_told(void *argument)
{
  while (!__atomic_load_n(&end_of_sleeper, __ATOMIC_ACQUIRE))
    sleep_ms(1);
  return argument;
}

static void unlock_mutex(void *argument)
{
  CHECK(pthread_mutex_unlock(&mutex) == 0);
  (void) argument;
}

static void with_condition(bool timed)
{
  struct timespec until = in_ms(CLOCK_REALTIME, 100000);
  struct timespec monotonic = in_ms(CLOCK_MONOTONIC, 100000);
  /* Who is cancelled here holds the mutex only if the handler is there that unlocks it. */
  int type;
  CHECK(pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type) == 0);
  CHECK(pthread_mutex_lock(&mutex) == 0);
  pthread_cleanup_push(unlock_mutex, NULL);
  CHECK(pthread_setcanceltype(type, NULL) == 0);
  for (int i = 0;; i++)
  {
    if (!timed)
      pthread_cond_wait(&condition, &mutex);
    else if (i % 2 == 0)
      pthread_cond_timedwait(&condition, &mutex, &until);
    else
      pthread_cond_clockwait(&condition, &mutex, CLOCK_MONOTONIC, &monotonic);
  }
  pthread_cleanup_pop(0);
}

static void wait_condition(void)
{
  with_condition(false);
}

static void wait_condition_timed(void)
{
  with_condition(true);
}

static void wait_join(void)
{
  pthread_join(sleeper, NULL);
}

static void wait_join_timed(void)
{
  struct timespec until = in_ms(CLOCK_REALTIME, 100000);
  pthread_timedjoin_np(sleeper, NULL, &until);
}

static void wait_sem(void)
{
  sem_wait(&semaphore);
}

static void wait_sem_timed(void)
{
  struct timespec until = in_ms(CLOCK_REALTIME, 100000);
  sem_timedwait(&semaphore, &until);
}

static void wait_sem_clock(void)
{
  struct timespec until = in_ms(CLOCK_MONOTONIC, 100000);
  sem_clockwait(&semaphore, CLOCK_MONOTONIC, &until);
}

static void wait_nanosleep(void)
{
  nanosleep(&(struct timespec){.tv_sec = 100}, NULL);
}

static void wait_clock_nanosleep(void)
{
  struct timespec until = in_ms(CLOCK_MONOTONIC, 100000);
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void wait_sleep(void)
{
  sleep(100);
}

static void wait_usleep(void)
{
  for (;;)
    usleep(900000);
}

static void wait_thrd_sleep(void)
{
  thrd_sleep(&(struct timespec){.tv_sec = 100}, NULL);
}

static void wait_pause(void)
{
  pause();
}

static void wait_sigsuspend(void)
{
  sigset_t none;
  sigemptyset(&none);
  sigsuspend(&none);
}

static void wait_sigwait(void)
{
  sigset_t user;
  int number;
  sigemptyset(&user);
  sigaddset(&user, SIGUSR1);
  sigwait(&user, &number);
}

static void wait_sigtimedwait(void)
{
  sigset_t user;
  sigemptyset(&user);
  sigaddset(&user, SIGUSR1);
  sigtimedwait(&user, NULL, &(struct timespec){.tv_sec = 100});
}

static void wait_testcancel(void)
{
  for (;;)
  {
    pthread_testcancel();
    sched_yield();
  }
}

static void (*const waits[])(void) = {
    wait_condition,    wait_condition_timed, wait_join,      wait_join_timed,      wait_sem,
    wait_sem_timed,    wait_sem_clock,       wait_nanosleep, wait_clock_nanosleep, wait_sleep,
    wait_usleep,       wait_thrd_sleep,      wait_pause,     wait_sigsuspend,      wait_sigwait,
    wait_sigtimedwait, wait_testcancel};
#define WAITS (sizeof(waits) / sizeof(waits[0]))

static volatile int has_begun;
static volatile int handled;

static void count_handler(void *argument)
{
  handled = handled * 10 + (int) (intptr_t) argument;
}

static void *wait_in(void *argument)
{
  pthread_cleanup_push(count_handler, (void *) 1);
  pthread_cleanup_push(count_handler, (void *) 2);
  set(&has_begun, 1);
  waits[(intptr_t) argument]();
  set(&has_begun, 2); /* never */
  pthread_cleanup_pop(0);
  pthread_cleanup_pop(0);
  return NULL;
}

static void *wait_in_later(void *argument)
{
  CHECK(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL) == 0);
  set(&has_begun, 3);
  while (!__atomic_load_n(&handled, __ATOMIC_ACQUIRE))
    sched_yield();
  pthread_testcancel(); /* nothing, as it is disabled */
  sleep_ms(1);
  CHECK(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL) == 0);
  handled = 0;
  return wait_in(argument);
}

static void check_waits(void)
{
  CHECK(sem_init(&semaphore, 0, 0) == 0);
  sleeper = start(sleep_until_told, NULL);
  for (size_t i = 0; i < WAITS; i++)
  {
    has_begun = handled = 0;
    pthread_t thread = start(wait_in, (void *) i);
    CHECK(comes(&has_begun, 1));
    sleep_ms(2);
    CHECK(pthread_cancel(thread) == 0);
    CHECK(result_of(thread) == PTHREAD_CANCELED);
    if (!CHECK(handled == 21 && has_begun == 1))
      fprintf(stderr, "wait %d: handled %d\n", (int) i, handled);
  }
  for (size_t i = 0; i < WAITS; i++)
  {
    has_begun = handled = 0;
    pthread_t thread = start(wait_in_later, (void *) i);
    CHECK(comes(&has_begun, 3));
    CHECK(pthread_cancel(thread) == 0);
    set(&handled, 1);
    CHECK(result_of(thread) == PTHREAD_CANCELED);
    if (!CHECK(handled == 21 && has_begun == 1))
      fprintf(stderr, "wait %d, cancelled before: handled %d\n", (int) i, handled);
  }
  set(&end_of_sleeper, 1);
  result_of(sleeper); /* those who waited for it have not joined it */
}

/* ---- Points that need not wait ---- */

static void point_write(void)
{
  CHECK(write(1, "", 0) == -2);
}

static void point_open(void)
{
  CHECK(open("/", O_RDONLY) == -2);
}

static void point_close(void)
{
  CHECK(close(12345) == -2);
}

static void point_msync(void)
{
  CHECK(msync(NULL, 0, MS_SYNC) == -2);
}

static void point_sem(void)
{
  CHECK(sem_post(&semaphore) == 0);
  CHECK(sem_wait(&semaphore) == -2);
}

static void point_waitpid(void)
{
  CHECK(waitpid(-1, NULL, 0) == -2);
}

static void (*const points[])(void) = {point_write, point_open, point_close,
                                       point_msync, point_sem,  point_waitpid};

static void *go_past(void *argument)
{
  pthread_cancel(pthread_self());
  points[(intptr_t) argument]();
  return NULL;
}

/* These are none. */
static void *go_past_others(void *argument)
{
  pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  pthread_cancel(pthread_self());
  CHECK(pthread_mutex_lock(&own) == 0);
  CHECK(pthread_mutex_unlock(&own) == 0);
  CHECK(pthread_rwlock_wrlock(&lock) == 0);
  CHECK(pthread_rwlock_unlock(&lock) == 0);
  CHECK(pthread_cond_signal(&condition) == 0);
  CHECK(pthread_cond_broadcast(&condition) == 0);
  CHECK(sem_post(&semaphore) == 0);
  CHECK(sem_trywait(&semaphore) == 0);
  sched_yield();
  CHECK(pthread_self() != 0);
  return argument;
}

/* Waiting for a mutex goes on, and the thread is cancelled afterwards. */
static void *lock_and_test(void *argument)
{
  pthread_mutex_t *taken = argument;
  set(&has_begun, 1);
  CHECK(pthread_mutex_lock(taken) == 0);
  CHECK(pthread_mutex_unlock(taken) == 0);
  set(&has_begun, 2);
  pthread_testcancel();
  return NULL;
}

static void check_points(void)
{
  for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
    CHECK(result_of(start(go_past, (void *) i)) == PTHREAD_CANCELED);
  while (sem_trywait(&semaphore) == 0)
    ;
  CHECK(result_of(start(go_past_others, &semaphore)) == &semaphore);
  pthread_mutex_t taken = PTHREAD_MUTEX_INITIALIZER;
  has_begun = 0;
  CHECK(pthread_mutex_lock(&taken) == 0);
  pthread_t thread = start(lock_and_test, &taken);
  CHECK(comes(&has_begun, 1));
  CHECK(pthread_cancel(thread) == 0);
  sleep_ms(5);
  CHECK(has_begun == 1);
  CHECK(pthread_mutex_unlock(&taken) == 0);
  CHECK(result_of(thread) == PTHREAD_CANCELED);
  CHECK(has_begun == 2);
}

/* ---- States and types ---- */

static void *look_at_states(void *argument)
{
  int former = 7;
  CHECK(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &former) == 0);
  CHECK(former == PTHREAD_CANCEL_ENABLE);
  CHECK(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &former) == 0);
  CHECK(former == PTHREAD_CANCEL_DISABLE);
  CHECK(pthread_setcancelstate(9, NULL) == EINVAL);
  CHECK(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &former) == 0);
  CHECK(former == PTHREAD_CANCEL_DEFERRED);
  CHECK(pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &former) == 0);
  CHECK(former == PTHREAD_CANCEL_ASYNCHRONOUS);
  CHECK(pthread_setcanceltype(9, NULL) == EINVAL);
  pthread_cancel(pthread_self());
  if (argument != NULL)
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
  else
    pthread_testcancel();
  return NULL;
}

static void *compute(void *argument)
{
  pthread_cleanup_push(count_handler, (void *) 3);
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
  set(&has_begun, 1);
  for (volatile long i = 0;; i++)
    ;
  pthread_cleanup_pop(0);
  return argument;
}

static void *compute_disabled(void *argument)
{
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
  set(&has_begun, 1);
  while (!__atomic_load_n((volatile int *) argument, __ATOMIC_ACQUIRE))
    ;
  set(&has_begun, 2);
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL); /* now */
  set(&has_begun, 3);
  return NULL;
}

static void check_types(void)
{
  CHECK(result_of(start(look_at_states, NULL)) == PTHREAD_CANCELED);
  CHECK(result_of(start(look_at_states, &mutex)) == PTHREAD_CANCELED);
  for (int i = 0; i < 20; i++)
  {
    has_begun = handled = 0;
    pthread_t thread = start(compute, NULL);
    CHECK(comes(&has_begun, 1));
    CHECK(pthread_cancel(thread) == 0);
    CHECK(result_of(thread) == PTHREAD_CANCELED);
    CHECK(handled == 3);
  }
  volatile int go_on = 0;
  has_begun = 0;
  pthread_t thread = start(compute_disabled, (void *) &go_on);
  CHECK(comes(&has_begun, 1));
  CHECK(pthread_cancel(thread) == 0);
  sleep_ms(5);
  CHECK(has_begun == 1);
  set(&go_on, 1);
  CHECK(result_of(thread) == PTHREAD_CANCELED);
  CHECK(has_begun == 2);
}

/* An asynchronous thread in a wait. */
static void *wait_asynchronously(void *argument)
{
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
  return wait_in(argument);
}

static void check_asynchronous_waits(void)
{
  end_of_sleeper = 0;
  sleeper = start(sleep_until_told, NULL);
  for (size_t i = 0; i < WAITS; i++)
  {
    has_begun = handled = 0;
    pthread_t thread = start(wait_asynchronously, (void *) i);
    CHECK(comes(&has_begun, 1));
    sleep_ms(2);
    CHECK(pthread_cancel(thread) == 0);
    CHECK(result_of(thread) == PTHREAD_CANCELED);
    if (!CHECK(handled == 21 && has_begun == 1))
      fprintf(stderr, "wait %d, asynchronous: handled %d\n", (int) i, handled);
  }
  set(&end_of_sleeper, 1);
  result_of(sleeper);
}

/* ---- Handlers ---- */

static pthread_key_t key;

static void destroy_value(void *value)
{
  count_handler(value);
  pthread_testcancel(); /* the thread ends already */
  sleep_ms(1);
}

static void wait_in_handler(void *argument)
{
  count_handler(argument);
  sleep_ms(1); /* no point any more */
  pthread_testcancel();
}

static void *end_in_ways(void *argument)
{
  CHECK(pthread_setspecific(key, (void *) 9) == 0);
  pthread_cleanup_push(wait_in_handler, (void *) 1);
  pthread_cleanup_push(count_handler, (void *) 2);
  pthread_cleanup_pop(1);
  pthread_cleanup_push(count_handler, (void *) 3);
  pthread_cleanup_pop(0);
  pthread_cleanup_push(wait_in_handler, (void *) 4);
  if (argument == NULL)
  {
    pthread_cancel(pthread_self());
    pthread_testcancel();
  }
  pthread_exit(argument);
  pthread_cleanup_pop(0);
  pthread_cleanup_pop(0);
}

static void *defer(void *argument)
{
  int former = 0;
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
  pthread_cleanup_push_defer_np(count_handler, (void *) 6);
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &former);
  CHECK(former == PTHREAD_CANCEL_DEFERRED);
  pthread_cleanup_pop_restore_np(1);
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &former);
  CHECK(former == PTHREAD_CANCEL_ASYNCHRONOUS);
  return argument;
}

static void check_handlers(void)
{
  CHECK(pthread_key_create(&key, destroy_value) == 0);
  handled = 0;
  CHECK(result_of(start(end_in_ways, NULL)) == PTHREAD_CANCELED);
  CHECK(handled == 2419);
  handled = 0;
  CHECK(result_of(start(end_in_ways, &semaphore)) == &semaphore);
  CHECK(handled == 2419);
  handled = 0;
  CHECK(result_of(start(defer, NULL)) == NULL);
  CHECK(handled == 6);
  CHECK(pthread_key_delete(key) == 0);
}

/* ---- Threads that have ended, that wait for one another, that get what they wait for ---- */

static void *give_back(void *argument)
{
  return argument;
}

static void *post_and_sleep(void *argument)
{
  sleep_ms(1);
  CHECK(sem_post(&semaphore) == 0);
  return argument;
}

/* Either it has the unit or it is cancelled. */
static void *take_unit(void *argument)
{
  CHECK(sem_wait(&semaphore) == 0);
  return argument;
}

static void check_races(void)
{
  pthread_t thread = start(give_back, &semaphore);
  sleep_ms(5);
  CHECK(pthread_cancel(thread) == 0);
  CHECK(result_of(thread) == &semaphore);
  int cancelled = 0;
  for (int i = 0; i < 200; i++)
  {
    thread = start(take_unit, &semaphore);
    if (i % 4 == 0)
      sched_yield();
    pthread_t poster = i % 2 ? start(post_and_sleep, NULL) : 0;
    if (!poster)
      CHECK(sem_post(&semaphore) == 0);
    CHECK(pthread_cancel(thread) == 0);
    if (poster)
      result_of(poster);
    bool was_cancelled = result_of(thread) == PTHREAD_CANCELED;
    cancelled += was_cancelled;
    int units;
    CHECK(sem_getvalue(&semaphore, &units) == 0);
    CHECK(units == was_cancelled);
    if (was_cancelled)
      CHECK(sem_trywait(&semaphore) == 0);
  }
  CHECK(cancelled > 0);
}

static void *cancel_main(void *argument)
{
  sleep_ms(5);
  CHECK(pthread_cancel(*(pthread_t *) argument) == 0);
  void *result;
  CHECK(pthread_join(*(pthread_t *) argument, &result) == 0);
  CHECK(result == PTHREAD_CANCELED);
  exit(check_finish());
}

int main(void)
{
  static pthread_t main_thread;
  check_waits();
  check_points();
  check_types();
  check_asynchronous_waits();
  check_handlers();
  check_races();
  main_thread = pthread_self();
  CHECK(pthread_detach(start(cancel_main, &main_thread)) == 0);
  pause();
}
