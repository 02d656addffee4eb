/* socketpair(), which only local sockets have. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "fs/descriptors.h"
#include "fs/program_memory.h"
#include "net/socket.h"
#include "posix/socket.h"
#include "signal/hold.h"

static int pair_held(int type, int protocol, int fds[2])
{
  struct file *files[2];
  bool close_on_exec = (type & SOCK_CLOEXEC) != 0;
  int first = descriptor_reserve(0);
  if (first < 0)
    return first;
  int second = descriptor_reserve(0);
  int error = second < 0 ? second
                         : local_socket_pair(type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC), protocol,
                                             (uint32_t) type & SOCK_NONBLOCK, files);
  if (error != 0)
  {
    descriptor_unreserve(first);
    if (second >= 0)
      descriptor_unreserve(second);
    return error;
  }
  descriptor_install(first, files[0], close_on_exec);
  descriptor_install(second, files[1], close_on_exec);
  fds[0] = first;
  fds[1] = second;
  return 0;
}

int sys_socketpair(int family, int type, int protocol, int fds[2])
{
  struct signal_hold hold;
  if (family == AF_INET || family == AF_INET6)
    return -EOPNOTSUPP;
  if (family != AF_UNIX)
    return -EAFNOSUPPORT;
  if (!program_may(fds, 2 * sizeof(*fds), ADDRESS_WRITE))
    return -EFAULT;
  signal_hold_begin(&hold);
  int result = pair_held(type, protocol, fds);
  signal_hold_leave(&hold);
  return result;
}
