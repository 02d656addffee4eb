/* Descriptors: POSIX names over the system calls. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
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

ssize_t pread(int fd, void *buffer, size_t len_bytes, off_t offset)
{
  thread_test_cancel();
  return libc_result(sys_pread(fd, buffer, len_bytes, offset));
}

ssize_t pwrite(int fd, const void *buffer, size_t len_bytes, off_t offset)
{
  thread_test_cancel();
  return libc_result(sys_pwrite(fd, buffer, len_bytes, offset));
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
  bool waits = command == F_SETLKW;
  if (waits)
    thread_point_begin();
  long result = sys_fcntl(fd, command, argument);
  if (waits)
    thread_point_end(result);
  return (int) libc_result(result);
}

int dup(int fd)
{
  return (int) libc_result(sys_dup(fd));
}

int dup2(int fd, int to)
{
  return (int) libc_result(sys_dup2(fd, to));
}

int dup3(int fd, int to, int flags)
{
  return (int) libc_result(sys_dup3(fd, to, flags));
}
