/* Making a socket: the one place that knows all families. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "fs/descriptors.h"
#include "net/socket.h"
#include "posix/socket.h"
#include "signal/hold.h"

#define TYPE_FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

static int create(int family, int type, int protocol, uint32_t flags, struct file **file)
{
  switch (family)
  {
  case AF_UNIX:
    return local_socket_create(type, protocol, flags, file);
  case AF_INET:
  case AF_INET6:
    return internet_socket_create(family, type, protocol, flags, file);
  default:
    return -EAFNOSUPPORT;
  }
}

static int socket_held(int family, int type, int protocol)
{
  struct file *file = NULL;
  int error = create(family, type & ~TYPE_FLAGS, protocol, (uint32_t) type & SOCK_NONBLOCK, &file);
  if (error != 0)
    return error;
  int fd = descriptor_add(file, 0, (type & SOCK_CLOEXEC) != 0);
  if (fd < 0)
    file_put(file);
  return fd;
}

int sys_socket(int family, int type, int protocol)
{
  struct signal_hold hold;
  int kind = type & ~TYPE_FLAGS;
  if (family < 0 || family >= AF_MAX)
    return -EAFNOSUPPORT;
  if (kind < 0 || kind > SOCK_PACKET)
    return -EINVAL;
  signal_hold_begin(&hold);
  int result = socket_held(family, type, protocol);
  signal_hold_leave(&hold);
  return result;
}
