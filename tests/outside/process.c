/* What a process does about signals from outside: usage: process WAY. Each WAY says "ready" first.
 * Runs on Linux, too. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t handled;
static volatile bool is_over;

/* One line, by one call that handlers may make. */
static void say(const char *what, int number)
{
  char line[64];
  int length = snprintf(line, sizeof(line), "%s %d\n", what, number);
  if (write(STDOUT_FILENO, line, (size_t) length) != length)
    _exit(99);
}

/* Another thread may end the program when it sees that it was handled. */
static void handle(int number)
{
  say("handler", number);
  handled = number;
}

static void tell_sender(int number, siginfo_t *info, void *context)
{
  (void) context;
  say("sender", info->si_code == SI_USER ? (int) info->si_pid : -1);
  handled = number;
}

static void catch (int number, void (*handler)(int), int flags)
{
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  if (sigaction(number, &action, NULL) != 0)
    exit(98);
}

static sigset_t set_of(int count, char **numbers)
{
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < count; i++)
    sigaddset(&set, atoi(numbers[i]));
  return set;
}

static void *compute(void *argument)
{
  volatile unsigned long *rounds = argument;
  while (!is_over)
    (*rounds)++;
  return NULL;
}

/* All CPUs have something to do. */
static void compute_everywhere(void)
{
  static unsigned long rounds[64];
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  pthread_t thread;
  for (long i = 1; i < count && i < 64; i++)
  {
    if (pthread_create(&thread, NULL, compute, &rounds[i]) != 0)
      exit(97);
  }
  say("ready", 0);
  while (handled == 0)
    rounds[0]++;
  is_over = true;
}

static int wait_by_sigwait(int count, char **numbers)
{
  sigset_t set = set_of(count, numbers);
  sigprocmask(SIG_BLOCK, &set, NULL);
  say("ready", 0);
  for (int i = 0; i < count; i++)
  {
    int number = 0;
    if (sigwait(&set, &number) != 0)
      return 96;
    say("sigwait", number);
  }
  return 0;
}

/* They are let in when all have come. */
static int wait_by_sigsuspend(int count, char **numbers)
{
  sigset_t set = set_of(count, numbers);
  sigset_t none;
  sigset_t pending;
  sigemptyset(&none);
  sigprocmask(SIG_BLOCK, &set, NULL);
  for (int i = 0; i < count; i++)
    catch (atoi(numbers[i]), handle, 0);
  say("ready", 0);
  do
  {
    sigpending(&pending);
  } while (memcmp(&pending, &set, sizeof(long)) != 0);
  say("pending", count);
  if (sigsuspend(&none) != -1 || errno != EINTR)
    return 95;
  say("suspended", 0);
  return 0;
}

static int read_line(int flags)
{
  char line[64];
  catch (SIGUSR1, handle, flags);
  say("ready", 0);
  ssize_t got = read(STDIN_FILENO, line, sizeof(line));
  if (got < 0)
    say(errno == EINTR ? "EINTR" : "error", errno);
  else
    say("read", (int) got);
  return 0;
}

/* Sleeps and a timer go on through a stop, and the clock with them. */
static int keep_time(void)
{
  struct timespec begin, end;
  catch (SIGCONT, handle, 0);
  clock_gettime(CLOCK_MONOTONIC, &begin);
  say("ready", 0);
  while (handled == 0)
    pause();
  clock_gettime(CLOCK_MONOTONIC, &end);
  long ms = (end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000;
  say("stopped for a second", ms >= 1000);
  handled = 0;
  sigset_t set, none;
  sigemptyset(&none);
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  sigprocmask(SIG_BLOCK, &set, NULL);
  catch (SIGALRM, handle, 0);
  alarm(1);
  struct timespec nap = {.tv_nsec = 20000000};
  if (nanosleep(&nap, NULL) != 0)
    return 94;
  say("slept", 0);
  while (handled == 0)
    sigsuspend(&none);
  return 0;
}

/* A sleep of a second counts the time that the process is stopped. */
static int sleep_on(void)
{
  say("ready", 0);
  struct timespec nap = {.tv_sec = 1};
  if (nanosleep(&nap, NULL) != 0)
    return 92;
  say("slept", 1000);
  return 0;
}

/* By a stream, whose buffer the end writes out. */
static int print_on(void)
{
  for (int i = 0; i < 5000; i++)
    printf("a line of a stream\n");
  return 0;
}

/* What write() was given is in the file, however soon the end comes. */
static int write_file(const char *path)
{
  FILE *file = fopen(path, "w");
  if (file == NULL)
    return 91;
  setvbuf(file, NULL, _IONBF, 0);
  for (int i = 0; i < 100; i++)
    fprintf(file, "line %d\n", i);
  say("ready", 0);
  for (volatile unsigned long rounds = 0;; rounds++)
    ;
}

static int ignore_all(int count, char **numbers)
{
  for (int i = 0; i < count; i++)
    catch (atoi(numbers[i]), SIG_IGN, 0);
  catch (SIGUSR2, handle, 0);
  say("ready", 0);
  while (handled == 0)
    pause();
  return 0;
}

/* Says how signals are to begin with. */
static int tell_actions(int count, char **numbers)
{
  struct sigaction action;
  for (int i = 0; i < count; i++)
  {
    sigaction(atoi(numbers[i]), NULL, &action);
    say(action.sa_handler == SIG_IGN ? "ignored" : "default", atoi(numbers[i]));
  }
  return 0;
}

/* A signal that is blocked while it comes ends the program when it is let in. */
static int unblock_default(int count, char **numbers)
{
  sigset_t set = set_of(count, numbers);
  sigset_t pending;
  sigprocmask(SIG_BLOCK, &set, NULL);
  say("ready", 0);
  do
  {
    sigpending(&pending);
  } while (memcmp(&pending, &set, sizeof(long)) != 0);
  say("blocked", atoi(numbers[0]));
  printf("never seen");
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  return 0;
}

static int write_on(int flags, void (*handler)(int))
{
  static const char line[] = "a line of a program that writes until nobody reads\n";
  if (handler != SIG_DFL)
    catch (SIGPIPE, handler, flags);
  for (;;)
  {
    if (write(STDOUT_FILENO, line, sizeof(line) - 1) < 0)
    {
      fprintf(stderr, "errno %d, handled %d\n", errno, (int) handled);
      return 0;
    }
  }
}

static void note(int number)
{
  handled = number;
}

int main(int argc, char **argv)
{
  const char *way = argc > 1 ? argv[1] : "";
  int count = argc - 2;
  char **numbers = argv + 2;
  if (strcmp(way, "compute") == 0 || strcmp(way, "idle") == 0)
  {
    for (int i = 0; i < count; i++)
      catch (atoi(numbers[i]), handle, 0);
    if (way[0] == 'c')
      compute_everywhere();
    else
    {
      say("ready", 0);
      while (handled == 0)
        pause();
    }
    say("end", handled);
    return 0;
  }
  if (strcmp(way, "abort") == 0)
  {
    for (int i = 0; i < count; i++)
      catch (atoi(numbers[i]), handle, 0);
    say("ready", 0);
    abort();
  }
  if (strcmp(way, "each") == 0)
  {
    for (int i = 0; i < count; i++)
      catch (atoi(numbers[i]), handle, 0);
    say("ready", 0);
    for (int i = 0; i < count; i++)
      pause();
    return 0;
  }
  if (strcmp(way, "sender") == 0)
  {
    struct sigaction action = {.sa_sigaction = tell_sender, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    say("ready", 0);
    while (handled == 0)
      pause();
    return 0;
  }
  if (strcmp(way, "default") == 0)
  {
    printf("never seen");
    say("ready", 0);
    for (;;)
      pause();
  }
  if (strcmp(way, "restored") == 0)
  {
    catch (atoi(numbers[0]), handle, 0);
    catch (atoi(numbers[0]), SIG_DFL, 0);
    printf("never seen");
    say("ready", 0);
    for (;;)
      pause();
  }
  if (strcmp(way, "raise") == 0)
  {
    printf("never seen");
    raise(atoi(numbers[0]));
    say("after", atoi(numbers[0]));
    _exit(0);
  }
  if (strcmp(way, "sigwait") == 0)
    return wait_by_sigwait(count, numbers);
  if (strcmp(way, "sigsuspend") == 0)
    return wait_by_sigsuspend(count, numbers);
  if (strcmp(way, "read") == 0)
    return read_line(0);
  if (strcmp(way, "restart") == 0)
    return read_line(SA_RESTART);
  if (strcmp(way, "time") == 0)
    return keep_time();
  if (strcmp(way, "sleep") == 0)
    return sleep_on();
  if (strcmp(way, "pipe-stdio") == 0)
    return print_on();
  if (strcmp(way, "file") == 0)
    return write_file(numbers[0]);
  if (strcmp(way, "ignore") == 0)
    return ignore_all(count, numbers);
  if (strcmp(way, "actions") == 0)
    return tell_actions(count, numbers);
  if (strcmp(way, "unblock") == 0)
    return unblock_default(count, numbers);
  if (strcmp(way, "pipe") == 0)
    return write_on(0, SIG_DFL);
  if (strcmp(way, "pipe-handled") == 0)
    return write_on(0, note);
  if (strcmp(way, "pipe-ignored") == 0)
    return write_on(0, SIG_IGN);
  return 93;
}
