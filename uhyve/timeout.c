/* --timeout and --kill-after, by a thread that does nothing else; and by a timer of the kernel, for
 * a process that is stopped has no thread that runs. */
#include "timeout.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "monotonic.h"
#include "sandbox/sandbox.h"
#include "signals.h"

#define NS_PER_S 1000000000u

/* Once its time is over the process goes on soon, however often it is stopped. */
#define CONTINUE_NS 100000000

static sem_t has_begun;

static uint64_t end_ns; /* by CLOCK_MONOTONIC; 0: none */

static struct timespec time_of(uint64_t ns)
{
  return (struct timespec){.tv_sec = (time_t) (ns / NS_PER_S), .tv_nsec = (long) (ns % NS_PER_S)};
}

static void sleep_until(uint64_t ns)
{
  struct timespec end = time_of(ns);
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
    ;
}

/* Not if nobody reads standard error: that must not keep the guest alive. */
static void say(const struct options *options, const char *what)
{
  struct pollfd error = {.fd = STDERR_FILENO, .events = POLLOUT};
  if (options->verbosity == 0 || poll(&error, 1, 0) <= 0 || (error.revents & POLLOUT) == 0)
    return;
  /* Not by stdio, which asks about the file first. */
  char text[80];
  int bytes = snprintf(text, sizeof(text), "uhyve: the time of --timeout is over: %s\n", what);
  ssize_t written = write(STDERR_FILENO, text, (size_t) bytes);
  (void) written;
}

static void *watch_time(void *argument)
{
  const struct options *options = argument;
  sandbox_enter_thread(FILTER_THREAD_TIME);
  sem_post(&has_begun);
  sleep_until(end_ns);
  say(options, "SIGTERM");
  kill(getpid(), SIGTERM);
  if (options->kill_after_ns == 0)
    return NULL;
  sleep_until(monotonic_ns() + options->kill_after_ns);
  say(options, "SIGKILL");
  signals_end(SIGKILL);
  return NULL;
}

/* The guest does not get these. */
static int start_timer(void)
{
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGCONT};
  struct itimerspec times = {.it_value = time_of(end_ns), .it_interval = time_of(CONTINUE_NS)};
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
      timer_settime(timer, TIMER_ABSTIME, &times, NULL) != 0)
    return -errno;
  return 0;
}

/* Signals are for the other threads. No guest runs before this one is shut in. */
int timeout_start(const struct options *options)
{
  if (options->timeout_ns == 0)
    return 0;
  end_ns = monotonic_ns() + options->timeout_ns;
  int error = start_timer();
  if (error != 0)
    return error;
  pthread_t thread;
  sigset_t all, old;
  sem_init(&has_begun, 0, 0);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  error = -pthread_create(&thread, NULL, watch_time, (void *) options);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (error != 0)
    return error;
  pthread_detach(thread);
  while (sem_wait(&has_begun) != 0)
    ;
  return 0;
}

bool timeout_is_over(void)
{
  return end_ns != 0 && monotonic_ns() >= end_ns;
}
