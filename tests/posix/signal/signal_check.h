/* What the tests of signals share. The programs run on Linux, too. */
#ifndef TESTS_POSIX_SIGNAL_CHECK_H
#define TESTS_POSIX_SIGNAL_CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../guest/check.h"
#include "../../guest/check_sender.h"

/* The first one that no C library keeps for itself. */
#ifdef __uhyve__
#define FIRST_REALTIME 32
#else
#define FIRST_REALTIME SIGRTMIN
#endif

#define MS 1000000l

static inline double seconds_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static inline void sleep_ns(long ns)
{
  struct timespec wait = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
  while (nanosleep(&wait, &wait) != 0)
    ;
}

static inline void act_info(int number, void (*handler)(int, siginfo_t *, void *), int flags)
{
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
  sigemptyset(&action.sa_mask);
  CHECK(sigaction(number, &action, NULL) == 0);
}

static inline void act(int number, void (*handler)(int), int flags)
{
  struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
  sigemptyset(&action.sa_mask);
  CHECK(sigaction(number, &action, NULL) == 0);
}

static inline sigset_t set_of(int first, int second)
{
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, first);
  if (second != 0)
    sigaddset(&set, second);
  return set;
}

static inline bool is_blocked(int number)
{
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, NULL, &mask);
  return sigismember(&mask, number) == 1;
}

static inline void block(int number)
{
  sigset_t set = set_of(number, 0);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
}

static inline void unblock(int number)
{
  sigset_t set = set_of(number, 0);
  CHECK(pthread_sigmask(SIG_UNBLOCK, &set, NULL) == 0);
}

static inline bool is_pending(int number)
{
  sigset_t set;
  return sigpending(&set) == 0 && sigismember(&set, number) == 1;
}

#endif
