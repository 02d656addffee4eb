/* readv, writev and their like. */
#include <sys/uio.h>

#include "libc/cancel.h"
#include "libc/result.h"
#include "posix/sys.h"

ssize_t readv(int fd, const struct iovec *vectors, int count)
{
  thread_point_begin();
  long result = sys_readv(fd, vectors, count);
  thread_point_end(result);
  return libc_result(result);
}

ssize_t writev(int fd, const struct iovec *vectors, int count)
{
  thread_point_begin();
  long result = sys_writev(fd, vectors, count);
  thread_point_end(result);
  return libc_result(result);
}

ssize_t preadv(int fd, const struct iovec *vectors, int count, off_t offset)
{
  thread_test_cancel();
  return libc_result(sys_preadv(fd, vectors, count, offset));
}

ssize_t pwritev(int fd, const struct iovec *vectors, int count, off_t offset)
{
  thread_test_cancel();
  return libc_result(sys_pwritev(fd, vectors, count, offset));
}
