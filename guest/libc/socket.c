/* Sockets: POSIX names over the system calls, but those that move bytes or make one. */
#include <sys/socket.h>

#include "libc/cancel.h"
#include "libc/result.h"
#include "posix/socket.h"

int bind(int fd, const struct sockaddr *name, socklen_t len_bytes)
{
  return (int) libc_result(sys_bind(fd, name, len_bytes));
}

int listen(int fd, int backlog)
{
  return (int) libc_result(sys_listen(fd, backlog));
}

int accept4(int fd, struct sockaddr *restrict name, socklen_t *restrict len_bytes, int flags)
{
  thread_point_begin();
  int result = sys_accept4(fd, name, len_bytes, flags);
  thread_point_end(result);
  return (int) libc_result(result);
}

int accept(int fd, struct sockaddr *restrict name, socklen_t *restrict len_bytes)
{
  return accept4(fd, name, len_bytes, 0);
}

int connect(int fd, const struct sockaddr *name, socklen_t len_bytes)
{
  thread_point_begin();
  int result = sys_connect(fd, name, len_bytes);
  thread_point_end(result);
  return (int) libc_result(result);
}

int shutdown(int fd, int how)
{
  return (int) libc_result(sys_shutdown(fd, how));
}

int getsockname(int fd, struct sockaddr *restrict name, socklen_t *restrict len_bytes)
{
  return (int) libc_result(sys_getsockname(fd, name, len_bytes));
}

int getpeername(int fd, struct sockaddr *restrict name, socklen_t *restrict len_bytes)
{
  return (int) libc_result(sys_getpeername(fd, name, len_bytes));
}

int getsockopt(int fd, int level, int option, void *restrict value, socklen_t *restrict len_bytes)
{
  return (int) libc_result(sys_getsockopt(fd, level, option, value, len_bytes));
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t len_bytes)
{
  return (int) libc_result(sys_setsockopt(fd, level, option, value, len_bytes));
}
