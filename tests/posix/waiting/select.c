/* select() and pselect(): sets, times, signals. */
#include "waiting_check.h"

#include <sys/select.h>

static int ends[2];

static fd_set set_of(int first, int second)
{
  fd_set set;
  FD_ZERO(&set);
  if (first >= 0)
    FD_SET(first, &set);
  if (second >= 0)
    FD_SET(second, &set);
  return set;
}

static bool is_set(fd_set set, int first, int second)
{
  fd_set other = set_of(first, second);
  return memcmp(&set, &other, sizeof(set)) == 0;
}

static void what_it_finds(void)
{
  struct timeval no_time = {0};
  make_pipe(ends, 0);
  fd_set reads = set_of(ends[0], -1);
  fd_set writes = set_of(ends[1], -1);
  fd_set others = set_of(ends[0], ends[1]);
  CHECK(select(ends[1] + 1, &reads, &writes, &others, &no_time) == 1);
  CHECK(is_set(reads, -1, -1) && is_set(writes, ends[1], -1) && is_set(others, -1, -1));
  CHECK(write(ends[1], "x", 1) == 1);
  reads = set_of(ends[0], ends[1]);
  writes = set_of(ends[0], ends[1]);
  CHECK(select(ends[1] + 1, &reads, &writes, NULL, NULL) == 2);
  CHECK(is_set(reads, ends[0], -1) && is_set(writes, ends[1], -1));
  /* What lies beyond the limit is not looked at, nor changed. */
  reads = set_of(ends[0], ends[1]);
  CHECK(select(ends[0] + 1, &reads, NULL, NULL, &no_time) == 1);
  CHECK(is_set(reads, ends[0], ends[1]) || is_set(reads, ends[0], -1));
  /* The end of input can be read, an error written to. */
  char byte;
  CHECK(read(ends[0], &byte, 1) == 1);
  CHECK(close(ends[1]) == 0);
  reads = set_of(ends[0], -1);
  others = set_of(ends[0], -1);
  CHECK(select(ends[0] + 1, &reads, NULL, &others, NULL) == 1);
  CHECK(is_set(reads, ends[0], -1) && is_set(others, -1, -1));
  CHECK(close(ends[0]) == 0);
}

/* A hang-up is no event for who would write. */
static void hang_up(void)
{
  struct timeval wait = {.tv_usec = 3000};
  make_pipe(ends, 0);
  CHECK(close(ends[1]) == 0);
  fd_set writes = set_of(ends[0], -1);
  uint64_t begin = now_ns();
  CHECK(select(ends[0] + 1, NULL, &writes, NULL, &wait) == 0);
  CHECK(now_ns() - begin >= 3000000);
  CHECK(is_set(writes, -1, -1));
  CHECK(close(ends[0]) == 0);
}

static void errors(void)
{
  struct timeval no_time = {0};
  struct timeval negative = {.tv_sec = -1};
  const struct timespec wrong = {.tv_nsec = 1000000000};
  fd_set reads = set_of(50, -1);
  FAILS(select(51, &reads, NULL, NULL, &no_time), EBADF);
  CHECK(is_set(reads, 50, -1));
  FAILS(select(-1, NULL, NULL, NULL, &no_time), EINVAL);
  FAILS(select(0, NULL, NULL, NULL, &negative), EINVAL);
  FAILS(pselect(0, NULL, NULL, NULL, &wrong, NULL), EINVAL);
  FAILS(select(64, nowhere(), NULL, NULL, &no_time), EFAULT);
}

static void times(void)
{
  make_pipe(ends, 0);
  struct timeval wait = {.tv_usec = 4000};
  const struct timespec same = {.tv_nsec = 4000000};
  fd_set reads = set_of(ends[0], -1);
  uint64_t begin = now_ns();
  CHECK(select(ends[0] + 1, &reads, NULL, NULL, &wait) == 0);
  CHECK(now_ns() - begin >= 4000000);
  CHECK(is_set(reads, -1, -1));
  CHECK(wait.tv_sec == 0 && wait.tv_usec == 0);
  begin = now_ns();
  CHECK(pselect(0, NULL, NULL, NULL, &same, NULL) == 0);
  CHECK(now_ns() - begin >= 4000000);
  /* What is left of the time. */
  wait = (struct timeval){.tv_sec = 100, .tv_usec = 2500000};
  fd_set writes = set_of(ends[1], -1);
  CHECK(select(ends[1] + 1, NULL, &writes, NULL, &wait) == 1);
  CHECK(wait.tv_sec >= 90 && wait.tv_sec <= 102 && wait.tv_usec < 1000000);
  close_pipe(ends);
}

static void *write_soon(void *argument)
{
  (void) argument;
  sleep_ms(3);
  CHECK(write(ends[1], "x", 1) == 1);
  return NULL;
}

static void it_is_woken(void)
{
  pthread_t thread;
  make_pipe(ends, 0);
  fd_set reads = set_of(ends[0], -1);
  CHECK(pthread_create(&thread, NULL, write_soon, NULL) == 0);
  CHECK(select(ends[0] + 1, &reads, NULL, NULL, NULL) == 1);
  CHECK(is_set(reads, ends[0], -1));
  CHECK(pthread_join(thread, NULL) == 0);
  close_pipe(ends);
}

/* The highest number that a set has. */
static void high_numbers(void)
{
  struct timeval no_time = {0};
  make_pipe(ends, 0);
  int high = fcntl(ends[1], F_DUPFD, FD_SETSIZE - 1);
  if (high == -1)
    CHECK(errno == EINVAL || errno == EMFILE); /* the limit is lower */
  else
  {
    fd_set writes = set_of(high, ends[1]);
    CHECK(high == FD_SETSIZE - 1);
    CHECK(select(FD_SETSIZE, NULL, &writes, NULL, &no_time) == 2);
    CHECK(is_set(writes, high, ends[1]));
    CHECK(close(high) == 0);
  }
  close_pipe(ends);
}

static void signals(void)
{
  struct sender sender;
  sigset_t none, blocked;
  make_pipe(ends, 0);
  fd_set reads = set_of(ends[0], -1);
  struct timeval wait = {.tv_sec = 100};
  handle(SIGUSR1, SA_RESTART);
  pthread_t thread = begin_signals(&sender, SIGUSR1);
  FAILS(select(ends[0] + 1, &reads, NULL, NULL, &wait), EINTR);
  CHECK(wait.tv_sec >= 90 && wait.tv_sec < 100);
  CHECK(is_set(reads, ends[0], -1));
  end_signals(&sender, thread);
  sigemptyset(&none);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  CHECK(pthread_sigmask(SIG_SETMASK, &blocked, NULL) == 0);
  handled = 0;
  CHECK(pthread_kill(pthread_self(), SIGUSR1) == 0);
  FAILS(pselect(ends[0] + 1, &reads, NULL, NULL, NULL, &none), EINTR);
  CHECK(handled == 1);
  close_pipe(ends);
}

static void *cancelled(void *argument)
{
  select(0, NULL, NULL, NULL, NULL);
  return argument;
}

static void cancellation(void)
{
  pthread_t thread;
  void *result;
  CHECK(pthread_create(&thread, NULL, cancelled, NULL) == 0);
  sleep_ms(2);
  CHECK(pthread_cancel(thread) == 0);
  CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
}

int main(void)
{
  what_it_finds();
  hang_up();
  errors();
  times();
  it_is_woken();
  high_numbers();
  signals();
  cancellation();
  return check_finish();
}
