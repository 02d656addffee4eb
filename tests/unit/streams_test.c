/* Tests of uhyve/streams.c: what moves at once, what waits and for how long, on every kind of
 * stream, with a kernel that can be told not to wait and with one that cannot. */
#include "uhyve/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "hypercalls/hypercalls.h"
#include "unit_test.h"

#define PIPE_BYTES 65536

/* ---- Kernels before Linux 6.4 ---- */

static bool is_old_kernel;

ssize_t __real_preadv2(int fd, const struct iovec *pieces, int count, off_t offset, int flags);
ssize_t __wrap_preadv2(int fd, const struct iovec *pieces, int count, off_t offset, int flags);
ssize_t __real_pwritev2(int fd, const struct iovec *pieces, int count, off_t offset, int flags);
ssize_t __wrap_pwritev2(int fd, const struct iovec *pieces, int count, off_t offset, int flags);

ssize_t __wrap_preadv2(int fd, const struct iovec *pieces, int count, off_t offset, int flags)
{
  if (!is_old_kernel)
    return __real_preadv2(fd, pieces, count, offset, flags);
  errno = EOPNOTSUPP;
  return -1;
}

ssize_t __wrap_pwritev2(int fd, const struct iovec *pieces, int count, off_t offset, int flags)
{
  if (!is_old_kernel)
    return __real_pwritev2(fd, pieces, count, offset, flags);
  errno = EOPNOTSUPP;
  return -1;
}

/* ---- Others that are quicker ---- */

static bool is_slow;

ssize_t __real_readv(int fd, const struct iovec *pieces, int count);
ssize_t __wrap_readv(int fd, const struct iovec *pieces, int count);

/* Time between the look whether there is something and the read of it. */
ssize_t __wrap_readv(int fd, const struct iovec *pieces, int count)
{
  if (is_slow)
    usleep(5000);
  return __real_readv(fd, pieces, count);
}

/* ---- Streams of a test ---- */

/* 0 is read from, 1 written to. */
static struct streams streams_of(int in, int out)
{
  struct streams streams = {.fds = {in, out, -1}, .output_fd = -1};
  for (int fd = 0; fd < 2; fd++)
  {
    struct stat status;
    streams.modes[fd] = fstat(streams.fds[fd], &status) == 0 ? status.st_mode : 0;
  }
  return streams;
}

struct pipe_streams
{
  struct streams streams;
  int ends[2];
};

static struct pipe_streams pipe_open(void)
{
  struct pipe_streams pipe_streams;
  assert_int_equal(pipe(pipe_streams.ends), 0);
  pipe_streams.streams = streams_of(pipe_streams.ends[0], pipe_streams.ends[1]);
  return pipe_streams;
}

static void pipe_close(const struct pipe_streams *pipe_streams)
{
  close(pipe_streams->ends[0]);
  close(pipe_streams->ends[1]);
}

static ssize_t read_some(const struct streams *streams, void *buffer, size_t bytes,
                         uint32_t wait_us)
{
  struct iovec piece = {.iov_base = buffer, .iov_len = bytes};
  return streams_read(streams, 0, &piece, 1, wait_us);
}

static ssize_t write_some(const struct streams *streams, const void *buffer, size_t bytes,
                          uint32_t wait_us)
{
  struct iovec piece = {.iov_base = (void *) (uintptr_t) buffer, .iov_len = bytes};
  return streams_write(streams, 1, &piece, 1, wait_us);
}

static uint64_t now_us(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t) now.tv_sec * 1000000 + (uint64_t) now.tv_nsec / 1000;
}

static char bytes[4 * PIPE_BYTES];
static char got[4 * PIPE_BYTES];

static void fill_bytes(void)
{
  uint64_t seed = 1;
  for (size_t i = 0; i < sizeof(bytes); i++)
    bytes[i] = (char) random_next(&seed);
}

/* Both kinds of kernel. */
#define FOR_EACH_KERNEL                               \
  for (unsigned int kernel = 0; kernel < 2; kernel++) \
    if (is_old_kernel = kernel == 1, true)

/* ---- Reading ---- */

static void nothing_there_is_no_wait(void **state)
{
  (void) state;
  FOR_EACH_KERNEL
  {
    struct pipe_streams pipe_streams = pipe_open();
    assert_int_equal(read_some(&pipe_streams.streams, got, 10, 0), -EAGAIN);
    assert_int_equal(write(pipe_streams.ends[1], "abc", 3), 3);
    assert_int_equal(read_some(&pipe_streams.streams, got, 2, 0), 2);
    assert_int_equal(read_some(&pipe_streams.streams, got, 2, 0), 1);
    assert_int_equal(read_some(&pipe_streams.streams, got, 2, 0), -EAGAIN);
    /* Others share the stream: its flags are theirs. */
    assert_int_equal(fcntl(pipe_streams.ends[0], F_GETFL) & O_NONBLOCK, 0);
    close(pipe_streams.ends[1]);
    assert_int_equal(read_some(&pipe_streams.streams, got, 2, 0), 0);
    assert_int_equal(read_some(&pipe_streams.streams, got, 2, HC_WAIT_FOREVER), 0);
    close(pipe_streams.ends[0]);
  }
}

static void waits_as_long_as_it_may(void **state)
{
  (void) state;
  FOR_EACH_KERNEL
  {
    struct pipe_streams pipe_streams = pipe_open();
    uint64_t begin_us = now_us();
    assert_int_equal(read_some(&pipe_streams.streams, got, 10, 30000), -EAGAIN);
    assert_true(now_us() - begin_us >= 30000);
    assert_int_equal(write_some(&pipe_streams.streams, bytes, sizeof(bytes), 0), PIPE_BYTES);
    begin_us = now_us();
    assert_int_equal(write_some(&pipe_streams.streams, bytes, 10, 30000), -EAGAIN);
    assert_true(now_us() - begin_us >= 30000);
    pipe_close(&pipe_streams);
  }
}

static void *write_late(void *argument)
{
  const struct timespec pause = {.tv_nsec = 30000000};
  nanosleep(&pause, NULL);
  return write(*(int *) argument, "late", 4) == 4 ? argument : NULL;
}

static void what_comes_ends_the_wait(void **state)
{
  (void) state;
  const uint32_t waits_us[] = {10000000, HC_WAIT_FOREVER};
  FOR_EACH_KERNEL
  {
    struct pipe_streams pipe_streams = pipe_open();
    for (size_t i = 0; i < COUNT_OF(waits_us); i++)
    {
      pthread_t writer;
      assert_int_equal(pthread_create(&writer, NULL, write_late, &pipe_streams.ends[1]), 0);
      assert_int_equal(read_some(&pipe_streams.streams, got, 10, waits_us[i]), 4);
      assert_memory_equal(got, "late", 4);
      pthread_join(writer, NULL);
    }
    pipe_close(&pipe_streams);
  }
}

static void on_signal(int signal)
{
  (void) signal;
}

static atomic_bool is_back;

/* Again and again: the first may come before the wait. */
static void *signal_late(void *argument)
{
  const struct timespec pause = {.tv_nsec = 30000000};
  while (nanosleep(&pause, NULL), !atomic_load(&is_back))
    pthread_kill(*(pthread_t *) argument, SIGRTMIN);
  return NULL;
}

/* As the end of the machine asks for it. */
static void a_signal_ends_the_wait(void **state)
{
  (void) state;
  struct sigaction action = {.sa_handler = on_signal};
  assert_int_equal(sigaction(SIGRTMIN, &action, NULL), 0);
  const uint32_t waits_us[] = {60000000, HC_WAIT_FOREVER};
  FOR_EACH_KERNEL
  {
    struct pipe_streams pipe_streams = pipe_open();
    pthread_t self = pthread_self();
    for (size_t i = 0; i < COUNT_OF(waits_us); i++)
    {
      pthread_t sender;
      atomic_store(&is_back, false);
      assert_int_equal(pthread_create(&sender, NULL, signal_late, &self), 0);
      assert_int_equal(read_some(&pipe_streams.streams, got, 10, waits_us[i]), -EAGAIN);
      atomic_store(&is_back, true);
      pthread_join(sender, NULL);
    }
    pipe_close(&pipe_streams);
  }
}

static void a_non_blocking_stream_is_waited_for(void **state)
{
  (void) state;
  FOR_EACH_KERNEL
  {
    struct pipe_streams pipe_streams = pipe_open();
    pthread_t writer;
    assert_int_equal(fcntl(pipe_streams.ends[0], F_SETFL, O_NONBLOCK), 0);
    assert_int_equal(read_some(&pipe_streams.streams, got, 10, 0), -EAGAIN);
    assert_int_equal(pthread_create(&writer, NULL, write_late, &pipe_streams.ends[1]), 0);
    assert_int_equal(read_some(&pipe_streams.streams, got, 10, HC_WAIT_FOREVER), 4);
    pthread_join(writer, NULL);
    pipe_close(&pipe_streams);
  }
}

static void files_are_always_ready(void **state)
{
  (void) state;
  FOR_EACH_KERNEL
  {
    FILE *file = tmpfile();
    assert_non_null(file);
    struct streams streams = streams_of(fileno(file), fileno(file));
    assert_int_equal(read_some(&streams, got, 10, 0), 0);
    assert_int_equal(write_some(&streams, bytes, sizeof(bytes), 0), sizeof(bytes));
    assert_int_equal(lseek(fileno(file), 0, SEEK_SET), 0);
    assert_int_equal(read_some(&streams, got, sizeof(got), 0), sizeof(got));
    assert_memory_equal(got, bytes, sizeof(got));
    assert_int_equal(read_some(&streams, got, 10, HC_WAIT_FOREVER), 0);
    fclose(file);
  }
}

static void devices_do_as_they_do(void **state)
{
  (void) state;
  FOR_EACH_KERNEL
  {
    int null = open("/dev/null", O_RDWR);
    int zero = open("/dev/zero", O_RDWR);
    int full = open("/dev/full", O_RDWR);
    int folder = open("/", O_RDONLY);
    struct streams streams = streams_of(null, null);
    assert_int_equal(read_some(&streams, got, 10, 0), 0);
    assert_int_equal(write_some(&streams, bytes, sizeof(bytes), 0), sizeof(bytes));
    streams = streams_of(zero, full);
    assert_int_equal(read_some(&streams, got, 10, 0), 10);
    assert_int_equal(write_some(&streams, bytes, 10, HC_WAIT_FOREVER), -ENOSPC);
    streams = streams_of(folder, folder);
    assert_int_equal(read_some(&streams, got, 10, 0), -EISDIR);
    assert_int_equal(write_some(&streams, bytes, 10, 0), -EBADF);
    close(null);
    close(zero);
    close(full);
    close(folder);
  }
}

static void sockets(void **state)
{
  (void) state;
  const int types[] = {SOCK_STREAM, SOCK_SEQPACKET};
  FOR_EACH_KERNEL
  {
    for (size_t i = 0; i < COUNT_OF(types); i++)
    {
      int ends[2];
      assert_int_equal(socketpair(AF_UNIX, types[i], 0, ends), 0);
      struct streams streams = streams_of(ends[0], ends[0]);
      assert_int_equal(read_some(&streams, got, 10, 0), -EAGAIN);
      /* More than a pipe would take in one piece stays one packet. */
      assert_int_equal(write_some(&streams, bytes, 10000, 0), 10000);
      assert_int_equal(read(ends[1], got, sizeof(got)), 10000);
      assert_int_equal(write(ends[1], "ab", 2), 2);
      assert_int_equal(read_some(&streams, got, 10, 0), 2);
      close(ends[1]);
      assert_int_equal(read_some(&streams, got, 10, 0), 0);
      assert_int_equal(write_some(&streams, bytes, 10, HC_WAIT_FOREVER), -EPIPE);
      close(ends[0]);
    }
  }
}

static void streams_that_are_not_there(void **state)
{
  (void) state;
  const int fds[] = {-1, 2, 3, INT_MAX, INT_MIN};
  struct streams streams = streams_of(-1, -1);
  for (size_t i = 0; i < COUNT_OF(fds); i++)
  {
    struct iovec piece = {.iov_base = got, .iov_len = 1};
    assert_int_equal(streams_read(&streams, fds[i], &piece, 1, HC_WAIT_FOREVER), -EBADF);
    assert_int_equal(streams_write(&streams, fds[i], &piece, 1, HC_WAIT_FOREVER), -EBADF);
    assert_int_equal(streams_host_fd(&streams, fds[i]), -1);
  }
}

/* ---- Writing ---- */

static void a_full_pipe_takes_all_or_nothing(void **state)
{
  (void) state;
  FOR_EACH_KERNEL
  {
    struct pipe_streams pipe_streams = pipe_open();
    ssize_t written = write_some(&pipe_streams.streams, bytes, sizeof(bytes), 0);
    assert_int_equal(written, PIPE_BYTES);
    assert_int_equal(write_some(&pipe_streams.streams, bytes, 1, 0), -EAGAIN);
    /* Room for less than a page is none. */
    assert_int_equal(read(pipe_streams.ends[0], got, 4000), 4000);
    assert_int_equal(write_some(&pipe_streams.streams, bytes, PIPE_BUF, 0), -EAGAIN);
    assert_int_equal(read(pipe_streams.ends[0], got, 96), 96);
    assert_int_equal(write_some(&pipe_streams.streams, bytes, PIPE_BUF, 0), PIPE_BUF);
    assert_int_equal(write_some(&pipe_streams.streams, bytes, PIPE_BUF, 0), -EAGAIN);
    assert_int_equal(fcntl(pipe_streams.ends[1], F_GETFL) & O_NONBLOCK, 0);
    close(pipe_streams.ends[0]);
    assert_int_equal(write_some(&pipe_streams.streams, bytes, 10, 0), -EPIPE);
    assert_int_equal(write_some(&pipe_streams.streams, bytes, 10, HC_WAIT_FOREVER), -EPIPE);
    close(pipe_streams.ends[1]);
  }
}

static void *read_slowly(void *argument)
{
  const struct timespec pause = {.tv_nsec = 2000000};
  size_t done = 0;
  while (done < sizeof(got))
  {
    nanosleep(&pause, NULL);
    ssize_t more = read(*(int *) argument, got + done, 3 * PIPE_BUF + 100);
    if (more <= 0)
      return NULL;
    done += (size_t) more;
  }
  return argument;
}

/* In pieces of all sizes, some of them empty; nothing is lost, doubled or out of order. */
static void write_pieces(uint32_t wait_us)
{
  struct pipe_streams pipe_streams = pipe_open();
  struct iovec pieces[HC_MAX_SEGMENTS];
  size_t done = 0;
  for (size_t i = 0; i < HC_MAX_SEGMENTS; i++)
  {
    size_t len = i % 3 == 0 ? 0 : i * 1777;
    if (i == HC_MAX_SEGMENTS - 1)
      len = sizeof(bytes) - done;
    pieces[i] = (struct iovec){.iov_base = bytes + done, .iov_len = len};
    done += len;
  }
  pthread_t reader;
  void *result = NULL;
  memset(got, 0, sizeof(got));
  assert_int_equal(pthread_create(&reader, NULL, read_slowly, &pipe_streams.ends[0]), 0);
  assert_int_equal(streams_write(&pipe_streams.streams, 1, pieces, HC_MAX_SEGMENTS, wait_us),
                   sizeof(bytes));
  pthread_join(reader, &result);
  assert_non_null(result);
  assert_memory_equal(got, bytes, sizeof(got));
  pipe_close(&pipe_streams);
}

static void with_time_all_of_it_moves(void **state)
{
  (void) state;
  FOR_EACH_KERNEL
  {
    write_pieces(HC_WAIT_FOREVER);
    write_pieces(60000000);
  }
}

static void nothing_to_move(void **state)
{
  (void) state;
  FOR_EACH_KERNEL
  {
    struct pipe_streams pipe_streams = pipe_open();
    assert_int_equal(write_some(&pipe_streams.streams, bytes, 0, HC_WAIT_FOREVER), 0);
    assert_int_equal(streams_write(&pipe_streams.streams, 1, NULL, 0, HC_WAIT_FOREVER), 0);
    pipe_close(&pipe_streams);
  }
}

/* ---- Terminals ---- */

static int terminal_open(void)
{
  int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  assert_true(terminal >= 0);
  assert_int_equal(grantpt(terminal), 0);
  assert_int_equal(unlockpt(terminal), 0);
  return terminal;
}

static void terminals_give_lines(void **state)
{
  (void) state;
  int terminal = terminal_open();
  int user = open(ptsname(terminal), O_RDWR | O_NOCTTY);
  struct streams streams = streams_of(user, user);
  assert_int_equal(read_some(&streams, got, 10, 0), -EAGAIN);
  assert_int_equal(write(terminal, "ab", 2), 2);
  assert_int_equal(read_some(&streams, got, 10, 0), -EAGAIN);
  assert_int_equal(write(terminal, "c\n\4", 3), 3);
  assert_int_equal(read_some(&streams, got, 10, 0), 4);
  assert_memory_equal(got, "abc\n", 4);
  assert_int_equal(read_some(&streams, got, 10, 0), 0); /* Ctrl-D */
  assert_int_equal(read_some(&streams, got, 10, 0), -EAGAIN);

  /* Set so that a read does not wait, or only for a time. */
  struct termios settings;
  assert_int_equal(tcgetattr(user, &settings), 0);
  settings.c_lflag &= ~(tcflag_t) ICANON;
  settings.c_cc[VMIN] = 0;
  settings.c_cc[VTIME] = 0;
  assert_int_equal(tcsetattr(user, TCSANOW, &settings), 0);
  assert_int_equal(read_some(&streams, got, 10, HC_WAIT_FOREVER), 0);
  settings.c_cc[VTIME] = 1;
  assert_int_equal(tcsetattr(user, TCSANOW, &settings), 0);
  assert_int_equal(read_some(&streams, got, 10, HC_WAIT_FOREVER), 0);
  settings.c_cc[VMIN] = 2;
  settings.c_cc[VTIME] = 0;
  assert_int_equal(tcsetattr(user, TCSANOW, &settings), 0);
  assert_int_equal(write(terminal, "x", 1), 1);
  assert_int_equal(read_some(&streams, got, 10, 0), -EAGAIN);
  assert_int_equal(write(terminal, "y", 1), 1);
  assert_int_equal(read_some(&streams, got, 10, 0), 2);

  /* Stopped by Ctrl-S, and going on. */
  assert_int_equal(tcflow(user, TCOOFF), 0);
  assert_int_equal(write_some(&streams, "text", 4, 0), -EAGAIN);
  assert_int_equal(tcflow(user, TCOON), 0);
  assert_int_equal(write_some(&streams, "text", 4, 0), 4);
  close(terminal);
  assert_true(read_some(&streams, got, 10, HC_WAIT_FOREVER) <= 0); /* hung up */
  close(user);
}

/* Lines for two who read without waiting: neither does, whoever is quicker. */
#define LINES 10

struct reader
{
  const struct streams *streams;
  atomic_bool is_done;
  atomic_uint turns;
};

static void *read_quickly(void *argument)
{
  struct reader *reader = argument;
  char line[10];
  for (; !atomic_load(&reader->is_done); atomic_fetch_add(&reader->turns, 1))
    read_some(reader->streams, line, sizeof(line), 0);
  return NULL;
}

static bool goes_on(struct reader *reader)
{
  unsigned int turns = atomic_load(&reader->turns);
  for (int i = 0; i < 50000; i++)
  {
    if (atomic_load(&reader->turns) > turns + 1)
      return true;
    usleep(100);
  }
  return false;
}

static void two_readers_do_not_wait_for_a_terminal(void **state)
{
  (void) state;
  int terminal = terminal_open();
  int user = open(ptsname(terminal), O_RDWR | O_NOCTTY);
  struct streams streams = streams_of(user, user);
  struct reader readers[2] = {{.streams = &streams}, {.streams = &streams}};
  pthread_t threads[2];
  struct termios settings;
  assert_int_equal(tcgetattr(user, &settings), 0);
  settings.c_lflag &= ~(tcflag_t) ECHO;
  assert_int_equal(tcsetattr(user, TCSANOW, &settings), 0);
  is_slow = true;
  for (int i = 0; i < 2; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, read_quickly, &readers[i]), 0);
  for (int i = 0; i < LINES; i++)
  {
    assert_int_equal(write(terminal, "x\n", 2), 2);
    assert_true(goes_on(&readers[0]));
    assert_true(goes_on(&readers[1]));
  }
  for (int i = 0; i < 2; i++)
  {
    atomic_store(&readers[i].is_done, true);
    pthread_join(threads[i], NULL);
  }
  is_slow = false;
  close(user);
  close(terminal);
}

/* A process of the terminal's session, but not in the foreground. Returns what it found. */
static int read_in_background(int user, bool ignores)
{
  setpgid(0, 0);
  signal(SIGTTIN, ignores ? SIG_IGN : SIG_DFL);
  struct streams streams = streams_of(user, user);
  ssize_t result = read_some(&streams, got, 10, 0);
  return result == -EIO ? 10 : result == -EAGAIN ? 11 : 12;
}

static int lead_session(const char *name)
{
  setsid();
  signal(SIGTTOU, SIG_IGN);
  int status;
  int user = open(name, O_RDWR);
  if (user < 0 || ioctl(user, TIOCSCTTY, 0) != 0)
    return 1;
  pid_t child = fork();
  if (child == 0)
    _exit(read_in_background(user, true));
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 10)
    return 2;
  child = fork();
  if (child == 0)
    _exit(read_in_background(user, false));
  if (waitpid(child, &status, WUNTRACED) != child || !WIFSTOPPED(status) ||
      WSTOPSIG(status) != SIGTTIN)
    return 3;
  /* As `fg` does. */
  if (tcsetpgrp(user, child) != 0 || kill(child, SIGCONT) != 0)
    return 4;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 11)
    return 5;
  return 0;
}

static void the_background_is_stopped(void **state)
{
  (void) state;
  int status = -1;
  int terminal = terminal_open();
  const char *name = ptsname(terminal);
  pid_t leader = fork();
  if (leader == 0)
    _exit(lead_session(name));
  assert_int_equal(waitpid(leader, &status, 0), leader);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
  close(terminal);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_there_is_no_wait),
      cmocka_unit_test(waits_as_long_as_it_may),
      cmocka_unit_test(what_comes_ends_the_wait),
      cmocka_unit_test(a_signal_ends_the_wait),
      cmocka_unit_test(a_non_blocking_stream_is_waited_for),
      cmocka_unit_test(files_are_always_ready),
      cmocka_unit_test(devices_do_as_they_do),
      cmocka_unit_test(sockets),
      cmocka_unit_test(streams_that_are_not_there),
      cmocka_unit_test(a_full_pipe_takes_all_or_nothing),
      cmocka_unit_test(with_time_all_of_it_moves),
      cmocka_unit_test(nothing_to_move),
      cmocka_unit_test(terminals_give_lines),
      cmocka_unit_test(two_readers_do_not_wait_for_a_terminal),
      cmocka_unit_test(the_background_is_stopped),
  };
  fill_bytes();
  signal(SIGPIPE, SIG_IGN);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
