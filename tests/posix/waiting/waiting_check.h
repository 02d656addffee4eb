/* What the tests of pipes and of waiting for files share. The programs run on Linux, too. */
#ifndef TESTS_POSIX_WAITING_CHECK_H
#define TESTS_POSIX_WAITING_CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../guest/check.h"
#include "../../guest/check_sender.h"

#define PIPE_BYTES 65536

/* -1 with this errno. */
#define FAILS(call, error) CHECK((errno = 0, (call) == -1) && errno == (error))

/* An address where nothing is, unknown to the compiler. */
static inline void *nowhere(void)
{
  void *volatile address = (void *) 8; /* NOLINT(performance-no-int-to-ptr) */
  return address;
}

static inline uint64_t now_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t) now.tv_sec * 1000000000 + (uint64_t) now.tv_nsec;
}

static inline void sleep_ms(long ms)
{
  struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
  while (nanosleep(&wait, &wait) != 0)
    ;
}

static inline void make_pipe(int ends[2], int flags)
{
  CHECK(pipe2(ends, flags) == 0);
}

static inline void close_pipe(const int ends[2])
{
  CHECK(close(ends[0]) == 0);
  CHECK(close(ends[1]) == 0);
}

/* ---- Signals ---- */

static int handled;

static inline void count_signal(int number)
{
  (void) number;
  __atomic_add_fetch(&handled, 1, __ATOMIC_SEQ_CST);
}

static inline void handle(int number, int flags)
{
  struct sigaction action = {.sa_handler = count_signal, .sa_flags = flags};
  CHECK(sigaction(number, &action, NULL) == 0);
}

#endif
