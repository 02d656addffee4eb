/* Descriptors: POSIX names over the system calls. */
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

int close(int fd)
{
  thread_test_cancel();
  return (int) libc_result(sys_close(fd));
}

off_t lseek(int fd, off_t offset, int whence)
{
  return libc_result(sys_lseek(fd, offset, whence));
}
