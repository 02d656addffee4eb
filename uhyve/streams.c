/* Standard streams: the monitor's own, or what --output names. */
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "exit_status.h"
#include "hypercalls/hypercalls.h"
#include "monotonic.h"

void streams_keep_places(struct streams *streams)
{
  for (int fd = 0; fd < 3; fd++)
  {
    streams->fds[fd] = fd;
    if (fcntl(fd, F_GETFD) >= 0)
      continue;
    streams->fds[fd] = -1;
    /* The lowest free number is this one. */
    if (open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) != fd)
      _exit(STATUS_MONITOR);
  }
}

static int open_output(struct streams *streams, const struct options *options, int program_fd,
                       char message[static 256])
{
  const char *path = options->output_none ? "/dev/null" : options->output;
  if (path == NULL)
    return 0;
  streams->output_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (streams->output_fd < 0)
  {
    int error = errno;
    snprintf(message, 256, "cannot write the output to %s: %s", path, strerror(error));
    return -error;
  }
  /* Not cut by open(): it may be the program. */
  struct stat output;
  struct stat program;
  if (fstat(streams->output_fd, &output) != 0 || fstat(program_fd, &program) != 0 ||
      (output.st_dev == program.st_dev && output.st_ino == program.st_ino))
  {
    snprintf(message, 256, "%s is the program itself: its output cannot go there", path);
    close(streams->output_fd);
    return -ETXTBSY;
  }
  if (S_ISREG(output.st_mode) && ftruncate(streams->output_fd, 0) != 0)
  {
    int error = errno;
    snprintf(message, 256, "cannot write the output to %s: %s", path, strerror(error));
    close(streams->output_fd);
    return -error;
  }
  streams->fds[1] = streams->output_fd;
  streams->fds[2] = streams->output_fd;
  return 0;
}

int streams_open(struct streams *streams, const struct options *options, int program_fd,
                 char message[static 256])
{
  streams->output_fd = -1;
  int error = open_output(streams, options, program_fd, message);
  if (error != 0)
    return error;
  for (int fd = 0; fd < 3; fd++)
  {
    struct stat status;
    streams->modes[fd] = fstat(streams->fds[fd], &status) == 0 ? status.st_mode : 0;
  }
  return 0;
}

void streams_close(struct streams *streams)
{
  if (streams->output_fd >= 0)
    close(streams->output_fd);
  streams->output_fd = -1;
}

int streams_host_fd(const struct streams *streams, int fd)
{
  return fd >= 0 && fd < 3 ? streams->fds[fd] : -1;
}

/* ---- Waiting ---- */

#define NS_PER_S  1000000000u
#define NS_PER_US 1000u

/* 0: there is no time to wait. */
static uint64_t deadline_of(uint32_t wait_us)
{
  if (wait_us == 0 || wait_us == HC_WAIT_FOREVER)
    return wait_us == 0 ? 0 : UINT64_MAX;
  return monotonic_ns() + (uint64_t) wait_us * NS_PER_US;
}

static bool is_ready(int fd, short events, const struct timespec *limit)
{
  struct pollfd polled = {.fd = fd, .events = events};
  return ppoll(&polled, 1, limit, NULL) > 0;
}

static bool is_ready_now(int fd, short events)
{
  return is_ready(fd, events, &(struct timespec){0});
}

static bool wait_until_ready(int fd, short events, uint64_t deadline_ns)
{
  if (deadline_ns == UINT64_MAX)
    return is_ready(fd, events, NULL);
  uint64_t begin_ns = deadline_ns != 0 ? monotonic_ns() : 0;
  if (begin_ns >= deadline_ns)
    return false;
  uint64_t left_ns = deadline_ns - begin_ns;
  struct timespec limit = {.tv_sec = (time_t) (left_ns / NS_PER_S),
                           .tv_nsec = (long) (left_ns % NS_PER_S)};
  return is_ready(fd, events, &limit);
}

/* ---- Reading and writing without waiting; -1 with errno EAGAIN: not now ---- */

/* Where the kernel can be told not to wait in one call, without O_NONBLOCK for all who share the
 * stream. */
static bool may_say_nowait(mode_t mode)
{
  return S_ISFIFO(mode) || S_ISSOCK(mode);
}

static bool lacks_nowait(ssize_t moved)
{
  return moved < 0 && errno == EOPNOTSUPP;
}

/* Nothing is there. A read of a terminal that would not wait for it is made all the same: it ends
 * after a time, or at once, if the terminal is set so; in the background it stops the process. */
static ssize_t read_idle(int fd, const struct iovec *pieces, int count)
{
  struct termios settings;
  if (tcgetattr(fd, &settings) == 0)
  {
    if ((settings.c_lflag & ICANON) == 0 && settings.c_cc[VMIN] == 0)
      return readv(fd, pieces, count);
    pid_t foreground = tcgetpgrp(fd);
    if (foreground > 0 && foreground != getpgrp() && read(fd, NULL, 0) < 0)
      return -1;
  }
  errno = EAGAIN;
  return -1;
}

/* What is ready for one CPU of the guest may be gone for another: they look and move in turns. */
static pthread_mutex_t input_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t output_lock = PTHREAD_MUTEX_INITIALIZER;

void streams_hold_input(void)
{
  pthread_mutex_lock(&input_lock);
}

void streams_release_input(void)
{
  pthread_mutex_unlock(&input_lock);
}

/* Returns whether the stream is ready, and this CPU the one whose turn it is. */
static bool begin_turn(pthread_mutex_t *lock, int fd, short events)
{
  if (pthread_mutex_trylock(lock) != 0)
    return false;
  bool is_first = is_ready_now(fd, events);
  if (!is_first)
    pthread_mutex_unlock(lock);
  return is_first;
}

static ssize_t end_turn(pthread_mutex_t *lock, ssize_t moved)
{
  int error = errno;
  pthread_mutex_unlock(lock);
  errno = error;
  return moved;
}

static ssize_t read_now(int fd, mode_t mode, const struct iovec *pieces, int count)
{
  if (may_say_nowait(mode))
  {
    ssize_t got = preadv2(fd, pieces, count, -1, RWF_NOWAIT);
    if (!lacks_nowait(got))
      return got;
  }
  if (S_ISREG(mode))
    return readv(fd, pieces, count);
  if (begin_turn(&input_lock, fd, POLLIN))
    return end_turn(&input_lock, readv(fd, pieces, count));
  return read_idle(fd, pieces, count);
}

/* What a pipe that is ready takes at once: all that it can hold, if it is empty. */
static size_t room_of_ready_pipe(int fd)
{
  int used;
  int size = fcntl(fd, F_GETPIPE_SZ);
  return size > PIPE_BUF && ioctl(fd, FIONREAD, &used) == 0 && used == 0 ? (size_t) size : PIPE_BUF;
}

static ssize_t write_to_ready_pipe(int fd, const struct iovec *pieces, int count)
{
  struct iovec first[HC_MAX_SEGMENTS];
  size_t room = room_of_ready_pipe(fd);
  int used = 0;
  while (used < count && room > 0)
  {
    first[used] = pieces[used];
    if (first[used].iov_len > room)
      first[used].iov_len = room;
    room -= first[used++].iov_len;
  }
  return writev(fd, first, used);
}

static ssize_t write_now(int fd, mode_t mode, const struct iovec *pieces, int count)
{
  if (may_say_nowait(mode))
  {
    ssize_t written = pwritev2(fd, pieces, count, -1, RWF_NOWAIT);
    if (!lacks_nowait(written))
      return written;
  }
  if (S_ISREG(mode))
    return writev(fd, pieces, count);
  if (begin_turn(&output_lock, fd, POLLOUT))
    return end_turn(&output_lock, S_ISFIFO(mode) ? write_to_ready_pipe(fd, pieces, count)
                                                 : writev(fd, pieces, count));
  errno = EAGAIN;
  return -1;
}

/* ---- Both, with what time there is: with any time, as the host's stream does ---- */

/* Whether the stream is to be tried again after an error; else that is what the guest is told: of a
 * signal, which was for the monitor, that it is to try again itself. */
static bool goes_on(int fd, short events, uint64_t deadline_ns, int *error)
{
  if (*error == EINTR)
  {
    *error = EAGAIN;
    return false;
  }
  return *error == EAGAIN && wait_until_ready(fd, events, deadline_ns);
}

/* Takes what has moved off the front of the list. */
static void advance(struct iovec **pieces, int *count, size_t moved)
{
  while (*count > 0 && moved >= (*pieces)->iov_len)
  {
    moved -= (*pieces)->iov_len;
    (*pieces)++;
    (*count)--;
  }
  if (*count > 0)
  {
    (*pieces)->iov_base = (char *) (*pieces)->iov_base + moved;
    (*pieces)->iov_len -= moved;
  }
}

ssize_t streams_write(const struct streams *streams, int fd, struct iovec *pieces, int count,
                      uint32_t wait_us)
{
  int host = streams_host_fd(streams, fd);
  if (host < 0)
    return -EBADF;
  uint64_t deadline_ns = deadline_of(wait_us);
  ssize_t done = 0;
  for (;;)
  {
    ssize_t written = wait_us == HC_WAIT_FOREVER
                          ? writev(host, pieces, count)
                          : write_now(host, streams->modes[fd], pieces, count);
    int error = written < 0 ? errno : 0;
    if (written > 0)
    {
      done += written;
      advance(&pieces, &count, (size_t) written);
    }
    if (written == 0 || count == 0)
      return done;
    if (error != 0 && !goes_on(host, POLLOUT, deadline_ns, &error))
      return done > 0 ? done : -error;
  }
}

ssize_t streams_read(const struct streams *streams, int fd, const struct iovec *pieces, int count,
                     uint32_t wait_us)
{
  int host = streams_host_fd(streams, fd);
  if (host < 0)
    return -EBADF;
  uint64_t deadline_ns = deadline_of(wait_us);
  for (;;)
  {
    ssize_t got = wait_us == HC_WAIT_FOREVER ? readv(host, pieces, count)
                                             : read_now(host, streams->modes[fd], pieces, count);
    if (got >= 0)
      return got;
    int error = errno;
    if (!goes_on(host, POLLIN, deadline_ns, &error))
      return -error;
  }
}
