/* Starts and ends a program beside the monitor. Between fork() and exec there are system calls
 * alone: other threads of the monitor may run. */
#include "net_program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "uhyve/child.h"
#include "uhyve/monotonic.h"

#define FIRST_FREE (NET_PROGRAM_STATUS + 1)

/* How long a program that is to end has for that, as far as it is waited for. */
#define END_NS    1000000000u
#define NS_PER_MS 1000000u

static void move(int from, int to)
{
  if (dup2(from, to) < 0)
    _exit(EXIT_FAILURE);
}

static _Noreturn void become(const char *path, char *const *arguments, int frames, int status,
                             bool says_on_error)
{
  static char *const no_environment[] = {NULL};
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  nothing = fcntl(nothing, F_DUPFD_CLOEXEC, FIRST_FREE);
  frames = fcntl(frames, F_DUPFD_CLOEXEC, FIRST_FREE);
  status = fcntl(status, F_DUPFD_CLOEXEC, FIRST_FREE);
  if (nothing < 0 || frames < 0 || status < 0)
    _exit(EXIT_FAILURE);
  move(nothing, STDIN_FILENO);
  move(nothing, STDOUT_FILENO);
  move(says_on_error ? status : nothing, STDERR_FILENO);
  move(frames, NET_PROGRAM_FRAMES);
  if (!says_on_error)
    move(status, NET_PROGRAM_STATUS);
  /* Older kernels than 5.9 leave the rest to close-on-exec. */
  close_range(says_on_error ? NET_PROGRAM_STATUS : FIRST_FREE, ~0U, 0);
  execve(path, arguments, no_environment);
  _exit(EXIT_FAILURE);
}

int net_program_start(struct net_program *program, const char *path, char *const *arguments,
                      bool says_on_error)
{
  int frames[2], status[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, frames) != 0)
    return -errno;
  if (pipe2(status, O_CLOEXEC) != 0)
  {
    int error = -errno;
    close(frames[0]);
    close(frames[1]);
    return error;
  }
  pid_t pid = child_fork();
  if (pid == 0)
    become(path, arguments, frames[1], status[1], says_on_error);
  int error = pid < 0 ? -errno : 0;
  close(frames[1]);
  close(status[1]);
  *program = (struct net_program){.pid = pid, .frames_fd = frames[0], .status_fd = status[0]};
  if (error != 0)
  {
    close(frames[0]);
    close(status[0]);
  }
  return error;
}

size_t net_program_read_status(struct net_program *program, char *text, size_t most)
{
  size_t bytes = 0;
  while (bytes < most)
  {
    ssize_t got = read(program->status_fd, text + bytes, most - bytes);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      break;
    bytes += (size_t) got;
  }
  close(program->status_fd);
  program->status_fd = -1;
  return bytes;
}

int net_program_wait(struct net_program *program)
{
  int status = -1;
  while (program->pid > 0 && waitpid(program->pid, &status, 0) < 0 && errno == EINTR)
    ;
  program->pid = 0;
  return status;
}

/* Until the other side has closed the frames' socket, too. */
static void wait_until_closed(int fd)
{
  const uint64_t end_ns = monotonic_ns() + END_NS;
  char frames[4096];
  shutdown(fd, SHUT_WR);
  for (uint64_t now_ns; (now_ns = monotonic_ns()) < end_ns;)
  {
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    if (poll(&polled, 1, (int) ((end_ns - now_ns) / NS_PER_MS) + 1) <= 0)
      continue;
    ssize_t got = read(fd, frames, sizeof(frames));
    if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
      break;
  }
}

/* Who has the rest to do alone, or is stuck, is not waited for. */
void net_program_end(struct net_program *program)
{
  if (program->status_fd >= 0)
    close(program->status_fd);
  if (program->pid > 0)
    wait_until_closed(program->frames_fd);
  close(program->frames_fd);
  if (program->pid > 0)
    waitpid(program->pid, NULL, WNOHANG);
  program->pid = 0;
}
