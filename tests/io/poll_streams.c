/* poll() and select() of the standard streams: does what its argument says, and prints what it sees
 * on standard error, so that the other side can go on.
 *
 * usage: poll_streams WAY */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

static void say(const char *what, int value)
{
  dprintf(2, "%s %d\n", what, value);
}

static int events_now(int fd, short events)
{
  struct pollfd polled = {.fd = fd, .events = events};
  return poll(&polled, 1, 0) >= 0 ? polled.revents : -1;
}

static int wait_for(int fd, short events)
{
  struct pollfd polled = {.fd = fd, .events = events};
  int found = poll(&polled, 1, -1);
  return found == 1 ? polled.revents : -errno;
}

/* Nothing; a line; the end. */
static int input(void)
{
  char line[100];
  say("now", events_now(0, POLLIN));
  say("waited", wait_for(0, POLLIN));
  say("read", (int) read(0, line, sizeof(line)));
  say("now", events_now(0, POLLIN));
  say("waited", wait_for(0, POLLIN) & POLLHUP);
  say("read", (int) read(0, line, sizeof(line)));
  return 0;
}

/* Fills standard output, waits for room, then for the end of who reads. */
static int output(void)
{
  static char bytes[4096];
  signal(SIGPIPE, SIG_IGN);
  int written = 0;
  while (events_now(1, POLLOUT) == POLLOUT && write(1, bytes, sizeof(bytes)) == sizeof(bytes))
    written += (int) sizeof(bytes);
  say("full", written > 0);
  say("waited", wait_for(1, POLLOUT));
  say("wrote", (int) write(1, bytes, sizeof(bytes)));
  while (events_now(1, POLLOUT) == POLLOUT && write(1, bytes, sizeof(bytes)) == sizeof(bytes))
    ;
  say("error", wait_for(1, 0));
  return 0;
}

/* Input, and a pipe of its own, which a thread writes to when the input has come. */
static int ends[2];

static void *write_to_pipe(void *argument)
{
  ssize_t written = write(ends[1], "x", 1);
  (void) written;
  return argument;
}

static int both(void)
{
  pthread_t thread;
  char line[100];
  if (pipe(ends) != 0)
    return 1;
  struct pollfd polled[] = {{.fd = 0, .events = POLLIN}, {.fd = ends[0], .events = POLLIN}};
  say("ready", 0);
  say("found", poll(polled, 2, -1));
  say("stream", polled[0].revents);
  say("pipe", polled[1].revents);
  say("read", (int) read(0, line, sizeof(line)));
  pthread_create(&thread, NULL, write_to_pipe, NULL);
  say("found", poll(polled, 2, -1));
  say("stream", polled[0].revents);
  say("pipe", polled[1].revents);
  pthread_join(thread, NULL);
  return 0;
}

/* Several threads wait for the same input, which no one takes. */
static void *wait_for_input(void *argument)
{
  *(int *) argument = wait_for(0, POLLIN);
  return NULL;
}

static int several(void)
{
  pthread_t threads[4];
  int found[4] = {0};
  for (int i = 0; i < 4; i++)
    pthread_create(&threads[i], NULL, wait_for_input, &found[i]);
  say("ready", 0);
  for (int i = 0; i < 4; i++)
  {
    pthread_join(threads[i], NULL);
    say("waited", found[i]);
  }
  return 0;
}

/* Time runs out while nothing comes. */
static int times(void)
{
  struct timespec begin, end;
  fd_set set;
  struct timeval wait = {.tv_usec = 20000};
  FD_ZERO(&set);
  FD_SET(0, &set);
  clock_gettime(CLOCK_MONOTONIC, &begin);
  say("found", select(1, &set, NULL, NULL, &wait));
  clock_gettime(CLOCK_MONOTONIC, &end);
  long took_ms = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
  say("in time", took_ms >= 20 && took_ms < 20000);
  return 0;
}

/* Another thread works while one waits, with time left, and tells it when it has. */
static bool is_waiting;

static void *work_on(void *argument)
{
  volatile unsigned long *work = argument;
  while (!__atomic_load_n(&is_waiting, __ATOMIC_ACQUIRE))
    sched_yield();
  while (*work < 10000000)
    *work = *work + 1;
  return write_to_pipe(argument);
}

static int work(void)
{
  pthread_t thread;
  unsigned long done = 0;
  fd_set set;
  struct timeval wait = {.tv_sec = 3600};
  if (pipe(ends) != 0)
    return 1;
  FD_ZERO(&set);
  FD_SET(0, &set);
  FD_SET(ends[0], &set);
  pthread_create(&thread, NULL, work_on, &done);
  __atomic_store_n(&is_waiting, true, __ATOMIC_RELEASE);
  say("found", select(ends[0] + 1, &set, NULL, NULL, &wait));
  say("pipe", FD_ISSET(ends[0], &set));
  pthread_join(thread, NULL);
  say("worked", done == 10000000);
  return 0;
}

/* What is written to the pipe by a handler ends a poll() of input and pipe. The handler may run
 * before poll() where the host takes the CPU away: then once more. */
static void on_alarm(int number)
{
  (void) number;
  ssize_t written = write(ends[1], "x", 1);
  (void) written;
}

static int self_pipe(void)
{
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
  const struct timespec soon = {.tv_nsec = 5000000};
  const struct itimerspec time = {.it_value = soon};
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
  timer_t timer;
  if (pipe(ends) != 0 || sigaction(SIGALRM, &action, NULL) != 0 ||
      timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
    return 1;
  struct pollfd polled[] = {{.fd = 0, .events = POLLIN}, {.fd = ends[0], .events = POLLIN}};
  bool was_interrupted = false;
  for (int i = 0; i < 20 && !was_interrupted; i++)
  {
    char byte;
    timer_settime(timer, 0, &time, NULL);
    was_interrupted = poll(polled, 2, -1) == -1 && errno == EINTR;
    if (!was_interrupted && read(ends[0], &byte, 1) != 1)
      return 1;
  }
  say("interrupted", was_interrupted);
  say("found", poll(polled, 2, -1));
  say("pipe", polled[1].revents);
  return 0;
}

/* A file, the end of all: always ready. */
static int ready(void)
{
  say("input", events_now(0, POLLIN | POLLOUT));
  say("output", events_now(1, POLLIN | POLLOUT));
  close(0);
  say("closed", events_now(0, POLLIN));
  return 0;
}

int main(int argc, char **argv)
{
  static const struct
  {
    const char *name;
    int (*run)(void);
  } ways[] = {{"input", input}, {"output", output}, {"both", both},           {"several", several},
              {"times", times}, {"work", work},     {"self-pipe", self_pipe}, {"ready", ready}};
  for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
  {
    if (argc == 2 && strcmp(argv[1], ways[i].name) == 0)
      return ways[i].run();
  }
  return 2;
}
