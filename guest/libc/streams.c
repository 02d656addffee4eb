/* Descriptors: POSIX names over the system calls. */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libc/cancel.h"
#include "libc/result.h"
#include "posix/sys.h"

ssize_t read(int fd, void *buffer, size_t len_bytes)
{
  thread_point_begin();
  long result = sys_read(fd, buffer, len_bytes);
  thread_point_end(result);
  return libc_result(result);
}

ssize_t write(int fd, const void *buffer, size_t len_bytes)
{
  thread_point_begin();
  long result = sys_write(fd, buffer, len_bytes);
  thread_point_end(result);
  return libc_result(result);
}

int open(const char *path, int flags, ...)
{
  mode_t mode = 0;
  thread_test_cancel();
  if ((flags & O_CREAT) != 0)
  {
    va_list arguments;
    va_start(arguments, flags);
    mode = va_arg(arguments, mode_t);
    va_end(arguments);
  }
  return (int) libc_result(sys_open(path, flags, mode));
}

int close(int fd)
{
  thread_test_cancel();
  return (int) libc_result(sys_close(fd));
}

off_t lseek(int fd, off_t offset, int whence)
{
  return libc_result(sys_lseek(fd, offset, whence));
}

int fcntl(int fd, int command, ...)
{
  va_list arguments;
  va_start(arguments, command);
  long argument = va_arg(arguments, long);
  va_end(arguments);
  return (int) libc_result(sys_fcntl(fd, command, argument));
}

int fstat(int fd, struct stat *status)
{
  return (int) libc_result(sys_fstat(fd, status));
}

int stat(const char *restrict path, struct stat *restrict status)
{
  return (int) libc_result(sys_stat(path, status));
}

int lstat(const char *restrict path, struct stat *restrict status)
{
  return (int) libc_result(sys_stat(path, status));
}

int access(const char *path, int mode)
{
  (void) mode;
  struct stat status;
  return (int) libc_result(sys_stat(path, &status));
}

int unlink(const char *path)
{
  return (int) libc_result(sys_unlink(path));
}
