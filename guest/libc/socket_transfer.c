/* Sending and receiving: POSIX names over the system calls. */
#include <sys/socket.h>

#include "libc/cancel.h"
#include "libc/result.h"
#include "libc/wait_time.h"
#include "posix/socket.h"

ssize_t sendto(int fd, const void *buffer, size_t size_bytes, int flags,
               const struct sockaddr *name, socklen_t len_bytes)
{
  thread_point_begin();
  long result = sys_sendto(fd, buffer, size_bytes, flags, name, len_bytes);
  thread_point_end(result);
  return libc_result(result);
}

ssize_t send(int fd, const void *buffer, size_t size_bytes, int flags)
{
  return sendto(fd, buffer, size_bytes, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
  thread_point_begin();
  long result = sys_sendmsg(fd, message, flags);
  thread_point_end(result);
  return libc_result(result);
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
  thread_point_begin();
  int result = sys_sendmmsg(fd, messages, count, flags);
  thread_point_end(result);
  return (int) libc_result(result);
}

ssize_t recvfrom(int fd, void *restrict buffer, size_t size_bytes, int flags,
                 struct sockaddr *restrict name, socklen_t *restrict len_bytes)
{
  thread_point_begin();
  long result = sys_recvfrom(fd, buffer, size_bytes, flags, name, len_bytes);
  thread_point_end(result);
  return libc_result(result);
}

ssize_t recv(int fd, void *buffer, size_t size_bytes, int flags)
{
  return recvfrom(fd, buffer, size_bytes, flags, NULL, NULL);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
  thread_point_begin();
  long result = sys_recvmsg(fd, message, flags);
  thread_point_end(result);
  return libc_result(result);
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags, struct timespec *wait)
{
  uint64_t deadline_ns;
  int error = wait_deadline_of(wait, &deadline_ns);
  if (error != 0)
    return (int) libc_result(error);
  thread_point_begin();
  int result = sys_recvmmsg(fd, messages, count, flags, deadline_ns);
  thread_point_end(result);
  return (int) libc_result(result);
}
