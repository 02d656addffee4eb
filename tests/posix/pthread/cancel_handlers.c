/* Cancellation and handlers of signals that interrupt cancellation points. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>

#include "pthread_check.h"

static sem_t semaphore;
static volatile int has_begun;
static volatile int was_handled;
static volatile int was_cancelled;

static void handle(int number, void (*handler)(int))
{
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  CHECK(sigaction(number, &action, NULL) == 0);
  has_begun = 0;
  was_handled = 0;
}

static void interrupt(pthread_t thread)
{
  CHECK(comes(&has_begun, 1));
  sleep_ms(3);
  CHECK(pthread_kill(thread, SIGUSR1) == 0);
  CHECK(comes(&was_handled, 1));
}

/* ---- The handler disables cancellation: calls after it, and the one that it interrupts, wait as
 * ever, whether the request comes before it returns or later ---- */

static volatile int stays;

static void disable(int number)
{
  (void) number;
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
  was_handled = 1;
  while (stays)
    sched_yield();
}

static void *wait_and_sleep(void *argument)
{
  has_begun = 1;
  CHECK(sem_wait(&semaphore) == 0);
  CHECK(comes(&was_cancelled, 1));
  CHECK(nanosleep(&(struct timespec){.tv_nsec = MS}, NULL) == 0);
  return argument;
}

static void check_disabled(int stays_until_cancelled)
{
  handle(SIGUSR1, disable);
  stays = stays_until_cancelled;
  was_cancelled = 0;
  pthread_t thread = start(wait_and_sleep, &semaphore);
  interrupt(thread);
  CHECK(pthread_cancel(thread) == 0);
  stays = 0;
  was_cancelled = 1;
  sleep_ms(3);
  CHECK(sem_post(&semaphore) == 0);
  CHECK(result_of(thread) == &semaphore);
}

/* ---- The handler computes for ever: an asynchronous request ends it ---- */

static _Noreturn void compute(int number)
{
  (void) number;
  was_handled = 1;
  for (;;)
    ;
}

static void *wait_asynchronously(void *argument)
{
  CHECK(pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL) == 0);
  has_begun = 1;
  for (;;)
    nanosleep(&(struct timespec){.tv_sec = 100}, NULL);
  return argument;
}

static void check_asynchronous(void)
{
  handle(SIGUSR1, compute);
  pthread_t thread = start(wait_asynchronously, NULL);
  interrupt(thread);
  CHECK(pthread_cancel(thread) == 0);
  void *result = NULL;
  struct timespec end = in_ms(CLOCK_REALTIME, 10000);
  CHECK(pthread_timedjoin_np(thread, &result, &end) == 0 && result == PTHREAD_CANCELED);
}

/* ---- The handler ends the thread: a condition does not wait for it ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

static _Noreturn void end(int number)
{
  (void) number;
  was_handled = 1;
  pthread_exit(&condition);
}

static void *wait_condition(void *argument)
{
  pthread_mutex_lock(&mutex);
  has_begun = 1;
  for (;;)
    pthread_cond_wait(&condition, &mutex);
  return argument;
}

static void check_ended(void)
{
  handle(SIGUSR1, end);
  pthread_t thread = start(wait_condition, NULL);
  interrupt(thread);
  CHECK(result_of(thread) == &condition);
  CHECK(pthread_cond_destroy(&condition) == 0);
}

int main(void)
{
  CHECK(sem_init(&semaphore, 0, 0) == 0);
  check_disabled(0);
  check_disabled(1);
  check_asynchronous();
  check_ended();
  return check_finish();
}
