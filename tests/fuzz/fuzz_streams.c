/* Standard streams for a guest: none, /dev/null, pipes of which the other end is open or not, a
 * file, a terminal. */
#include "tests/fuzz/fuzz_streams.h"

#include <fcntl.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <sys/mman.h>

#include "tests/fuzz/fuzz.h"
#include "uhyve/record_locks.h"

enum kind
{
  CLOSED,
  NULL_DEVICE,
  ENDED,  /* a pipe without anybody at the other end, to read from */
  BROKEN, /* the same, to write to */
  PIPE_IN,
  PIPE_OUT,
  REGULAR,
  TERMINAL,
  KINDS
};

#define TEXT "a line\nand"

static int fds[KINDS];
static int feed_fd, drain_fd, master_fd; /* the other ends */
static struct termios settings;

/* A write of more than a terminal has room for waits for somebody like this. */
static void *read_terminal(void *unused)
{
  char bytes[4096];
  while (read(master_fd, bytes, sizeof(bytes)) > 0)
    ;
  return unused;
}

void fuzz_streams_start(void)
{
  pthread_t thread;
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  CHECK(pthread_create(&thread, NULL, read_terminal, NULL) == 0);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void fuzz_streams_create(void)
{
  int ends[2];
  fds[CLOSED] = -1;
  fds[NULL_DEVICE] = open("/dev/null", O_RDWR | O_CLOEXEC);
  CHECK(fds[NULL_DEVICE] >= 0 && pipe2(ends, O_CLOEXEC) == 0);
  fds[ENDED] = ends[0];
  close(ends[1]);
  CHECK(pipe2(ends, O_CLOEXEC) == 0);
  fds[BROKEN] = ends[1];
  close(ends[0]);
  CHECK(pipe2(ends, O_CLOEXEC) == 0);
  fds[PIPE_IN] = ends[0];
  feed_fd = ends[1];
  CHECK(pipe2(ends, O_CLOEXEC) == 0);
  fds[PIPE_OUT] = ends[1];
  drain_fd = ends[0];
  fds[REGULAR] = memfd_create("fuzz", MFD_CLOEXEC);
  CHECK(fds[REGULAR] >= 0);
  CHECK(openpty(&master_fd, &fds[TERMINAL], NULL, NULL, NULL) == 0);
  CHECK(tcgetattr(fds[TERMINAL], &settings) == 0);
  const int others[] = {feed_fd, drain_fd, fds[PIPE_IN]};
  for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
    CHECK(fcntl(others[i], F_SETFL, O_NONBLOCK | O_RDWR) == 0);
}

static void drain(int fd)
{
  char bytes[4096];
  while (read(fd, bytes, sizeof(bytes)) > 0)
    ;
}

static void reset(enum kind kind)
{
  static const struct flock all = {.l_type = F_UNLCK};
  ssize_t written = 0;
  if (kind == PIPE_IN)
  {
    drain(fds[PIPE_IN]);
    written = write(feed_fd, TEXT, sizeof(TEXT));
  }
  if (kind == PIPE_OUT)
    drain(drain_fd);
  if (kind == REGULAR)
  {
    CHECK(ftruncate(fds[REGULAR], 0) == 0 && lseek(fds[REGULAR], 0, SEEK_SET) == 0);
    CHECK(record_locks_set(fds[REGULAR], &all) == 0);
    written = pwrite(fds[REGULAR], TEXT, sizeof(TEXT), 0);
  }
  if (kind == TERMINAL)
  {
    CHECK(tcflow(fds[TERMINAL], TCOON) == 0 && tcflush(fds[TERMINAL], TCIOFLUSH) == 0);
    CHECK(tcsetattr(fds[TERMINAL], TCSANOW, &settings) == 0);
    written = write(master_fd, TEXT, sizeof(TEXT));
  }
  CHECK(written >= 0);
}

void fuzz_streams_choose(struct streams *streams, uint16_t kinds)
{
  *streams = (struct streams){.output_fd = -1};
  for (int i = 0; i < 3; i++, kinds >>= 4)
  {
    enum kind kind = kinds % KINDS;
    reset(kind);
    streams->fds[i] = fds[kind];
  }
}

bool fuzz_streams_never_wait(const struct streams *streams)
{
  for (int i = 0; i < 3; i++)
  {
    int fd = streams->fds[i];
    if (fd == fds[PIPE_IN] || fd == fds[PIPE_OUT] || fd == fds[TERMINAL])
      return false;
  }
  return true;
}
