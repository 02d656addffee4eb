/* --timeout and --kill-after, by a thread that does nothing else. */
#include "timeout.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "signals.h"

#define NS_PER_S 1000000000u

static atomic_bool is_over;
static sem_t has_begun;

static void sleep_until(const struct timespec *begin, uint64_t ns)
{
  struct timespec end = *begin;
  end.tv_sec += (time_t) (ns / NS_PER_S);
  end.tv_nsec += (long) (ns % NS_PER_S);
  if (end.tv_nsec >= (long) NS_PER_S)
  {
    end.tv_sec++;
    end.tv_nsec -= (long) NS_PER_S;
  }
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
    ;
}

/* Not if nobody reads standard error: that must not keep the guest alive. */
static void say(const struct options *options, const char *what)
{
  struct pollfd error = {.fd = STDERR_FILENO, .events = POLLOUT};
  if (options->verbosity > 0 && poll(&error, 1, 0) > 0 && (error.revents & POLLOUT) != 0)
  {
    /* Not dprintf(), which asks about the file. */
    char text[80];
    int len = snprintf(text, sizeof(text), "uhyve: the time of --timeout is over: %s\n", what);
    ssize_t written = write(STDERR_FILENO, text, (size_t) len);
    (void) written;
  }
}

static void *watch_time(void *argument)
{
  const struct options *options = argument;
  sandbox_enter_thread(FILTER_THREAD_TIME);
  sem_post(&has_begun);
  struct timespec begin;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  sleep_until(&begin, options->timeout_ns);
  atomic_store(&is_over, true);
  say(options, "SIGTERM");
  kill(getpid(), SIGTERM);
  if (options->kill_after_ns == 0)
    return NULL;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  sleep_until(&begin, options->kill_after_ns);
  say(options, "SIGKILL");
  signals_end(SIGKILL);
  return NULL;
}

/* Signals are for the other threads. No guest runs before this one is shut in. */
int timeout_start(const struct options *options)
{
  if (options->timeout_ns == 0)
    return 0;
  pthread_t thread;
  sigset_t all, old;
  sem_init(&has_begun, 0, 0);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  int error = pthread_create(&thread, NULL, watch_time, (void *) options);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (error != 0)
    return -error;
  pthread_detach(thread);
  while (sem_wait(&has_begun) != 0)
    ;
  return 0;
}

bool timeout_is_over(void)
{
  return atomic_load(&is_over);
}
