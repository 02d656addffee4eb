/* The three standard streams as descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "crash.h"
#include "posix/stream_io.h"
#include "posix/sys.h"
#include "signal/hold.h"
#include "start_info.h"

/* What stdio buffers when standard output is no terminal. */
#define STREAM_BLOCK_BYTES 65536

static bool closed[3];

static bool is_open(int fd)
{
  return fd >= 0 && fd < 3 && !closed[fd] && start_info->stream_mode[fd] != 0;
}

ssize_t sys_read(int fd, void *buffer, size_t len_bytes)
{
  struct signal_hold hold;
  long result;
  do
  {
    signal_hold_begin(&hold);
    result = is_open(fd) ? stream_read(fd, buffer, len_bytes) : -EBADF;
  } while (signal_hold_end(&hold, result));
  return result;
}

ssize_t sys_write(int fd, const void *buffer, size_t len_bytes)
{
  struct signal_hold hold;
  long result;
  do
  {
    signal_hold_begin(&hold);
    result = is_open(fd) ? stream_write(fd, buffer, len_bytes) : -EBADF;
  } while (signal_hold_end(&hold, result));
  if (result == -EPIPE && !crash_has_begun)
    sys_raise(SIGPIPE);
  return result;
}

int sys_fstat(int fd, struct stat *status)
{
  if (!is_open(fd))
    return -EBADF;
  memset(status, 0, sizeof(*status));
  status->st_mode = start_info->stream_mode[fd];
  /* Not seekable here, so it must not look like a file with a size. */
  if (S_ISREG(status->st_mode))
    status->st_mode = (status->st_mode & ~(mode_t) S_IFMT) | S_IFIFO;
  status->st_ino = (ino_t) fd + 1;
  status->st_nlink = 1;
  status->st_blksize = STREAM_BLOCK_BYTES;
  return 0;
}

int sys_close(int fd)
{
  if (!is_open(fd))
    return -EBADF;
  closed[fd] = true;
  return 0;
}

off_t sys_lseek(int fd, off_t offset, int whence)
{
  (void) offset;
  (void) whence;
  return is_open(fd) ? -ESPIPE : -EBADF;
}

int sys_isatty(int fd)
{
  if (!is_open(fd))
    return -EBADF;
  return (start_info->streams_terminal >> fd & 1) != 0 ? 1 : -ENOTTY;
}

/* The flags of a standard stream cannot be changed: asking for what they are is no error. */
int sys_fcntl(int fd, int command, long argument)
{
  if (!is_open(fd))
    return -EBADF;
  switch (command)
  {
  case F_GETFD:
    return 0;
  case F_SETFD:
    return ((int) argument & ~FD_CLOEXEC) == 0 ? 0 : -EINVAL;
  case F_GETFL:
    return fd == STDIN_FILENO ? O_RDONLY : O_WRONLY;
  default:
    return -ENOSYS;
  }
}

int sys_stat(const char *path, struct stat *status)
{
  (void) path;
  (void) status;
  return -ENOENT;
}

int sys_unlink(const char *path)
{
  (void) path;
  return -ENOENT;
}

int sys_open(const char *path, int flags, mode_t mode)
{
  (void) path;
  (void) mode;
  return (flags & O_CREAT) != 0 ? -EROFS : -ENOENT;
}
