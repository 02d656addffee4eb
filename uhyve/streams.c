/* Standard streams: the monitor's own, or what --output names. */
#include "streams.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exit_status.h"

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

int streams_open(struct streams *streams, const struct options *options, int program_fd,
                 char message[static 256])
{
  streams->output_fd = -1;
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

void streams_close(struct streams *streams)
{
  if (streams->output_fd >= 0)
    close(streams->output_fd);
  streams->output_fd = -1;
}

static int host_fd(const struct streams *streams, int fd)
{
  return fd >= 0 && fd < 3 ? streams->fds[fd] : -1;
}

/* After EAGAIN: the stream was set to non-blocking by somebody who shares it. */
static bool wait_until_ready(int fd, short events)
{
  struct pollfd ready = {.fd = fd, .events = events};
  return poll(&ready, 1, -1) >= 0 || errno == EINTR;
}

ssize_t streams_write(const struct streams *streams, int fd, const struct iovec *pieces, int count)
{
  int host = host_fd(streams, fd);
  for (;;)
  {
    ssize_t written = writev(host, pieces, count);
    if (written >= 0)
      return written;
    if (errno != EAGAIN || !wait_until_ready(host, POLLOUT))
      return -errno;
  }
}

ssize_t streams_read(const struct streams *streams, int fd, const struct iovec *pieces, int count)
{
  int host = host_fd(streams, fd);
  for (;;)
  {
    ssize_t got = readv(host, pieces, count);
    if (got >= 0)
      return got;
    if (errno != EAGAIN || !wait_until_ready(host, POLLIN))
      return -errno;
  }
}
