/* Calls on sockets but those that move bytes, have options or make one. */
#include "posix/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "fs/program_memory.h"
#include "posix/held_socket.h"

/* ---- Names ---- */

int socket_name_get(struct socket_name *name, const void *from, uint32_t len_bytes)
{
  if (len_bytes > SOCKET_NAME_BYTES)
    return -EINVAL;
  if (!program_may(from, len_bytes, ADDRESS_READ))
    return -EFAULT;
  memset(name->bytes, 0, sizeof(name->bytes));
  memcpy(name->bytes, from, len_bytes);
  name->len_bytes = len_bytes;
  return 0;
}

int socket_name_put(const struct socket_name *name, void *to, uint32_t *len_bytes)
{
  if (!program_may(len_bytes, sizeof(*len_bytes), ADDRESS_WRITE))
    return -EFAULT;
  uint32_t room = *len_bytes;
  if (room > INT32_MAX)
    return -EINVAL;
  if (room > name->len_bytes)
    room = name->len_bytes;
  *len_bytes = name->len_bytes;
  return program_put(to, name->bytes, room);
}

static int bind_named(struct socket *socket, const struct socket_name *name)
{
  return socket->operations->bind != NULL ? socket->operations->bind(socket, name) : -EOPNOTSUPP;
}

int sys_bind(int fd, const void *name, uint32_t len_bytes)
{
  struct socket_name copy;
  int result = 0;
  int error = socket_name_get(&copy, name, len_bytes);
  HELD_SOCKET(result, fd, send_timeout_ns, error != 0 ? error : bind_named(socket, &copy));
  return result;
}

static int connect_named(struct socket *socket, const struct socket_name *name)
{
  return socket->operations->connect != NULL ? socket->operations->connect(socket, name)
                                             : -EOPNOTSUPP;
}

int sys_connect(int fd, const void *name, uint32_t len_bytes)
{
  struct socket_name copy;
  int result = 0;
  int error = socket_name_get(&copy, name, len_bytes);
  HELD_SOCKET(result, fd, send_timeout_ns, error != 0 ? error : connect_named(socket, &copy));
  return result;
}

static int get_name(struct socket *socket, bool is_peer, struct socket_name *name)
{
  return socket->operations->name != NULL ? socket->operations->name(socket, is_peer, name)
                                          : -EOPNOTSUPP;
}

static int put_name_of(int fd, bool is_peer, void *name, uint32_t *len_bytes)
{
  struct socket_name found = {.len_bytes = 0};
  int result = 0;
  HELD_SOCKET(result, fd, send_timeout_ns, get_name(socket, is_peer, &found));
  return result == 0 ? socket_name_put(&found, name, len_bytes) : result;
}

int sys_getsockname(int fd, void *name, uint32_t *len_bytes)
{
  return put_name_of(fd, false, name, len_bytes);
}

int sys_getpeername(int fd, void *name, uint32_t *len_bytes)
{
  return put_name_of(fd, true, name, len_bytes);
}

/* ---- Connections ---- */

static int listen_to(struct socket *socket, int backlog)
{
  return socket->operations->listen != NULL ? socket->operations->listen(socket, backlog)
                                            : -EOPNOTSUPP;
}

int sys_listen(int fd, int backlog)
{
  int result = 0;
  HELD_SOCKET(result, fd, send_timeout_ns, listen_to(socket, backlog));
  return result;
}

/* A name that cannot be written costs the connection, as on Linux. */
static int accept_as(struct socket *socket, int fd, int flags, void *name, uint32_t *len_bytes)
{
  struct file *accepted = NULL;
  struct socket_name peer = {.len_bytes = 0};
  int error = -EOPNOTSUPP;
  if (socket->operations->accept != NULL)
    error = socket->operations->accept(socket, (uint32_t) flags & O_NONBLOCK, &accepted, &peer);
  if (error != 0)
    return error;
  if (name != NULL)
    error = socket_name_put(&peer, name, len_bytes);
  if (error != 0)
  {
    file_put(accepted);
    return error;
  }
  descriptor_install(fd, accepted, (flags & SOCK_CLOEXEC) != 0);
  return fd;
}

static int accept_reserved(struct socket *socket, int flags, void *name, uint32_t *len_bytes)
{
  int fd = descriptor_reserve(0);
  if (fd < 0)
    return fd;
  int result = accept_as(socket, fd, flags, name, len_bytes);
  if (result < 0)
    descriptor_unreserve(fd);
  return result;
}

int sys_accept4(int fd, void *name, uint32_t *len_bytes, int flags)
{
  int result = 0;
  if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0)
    return -EINVAL;
  HELD_SOCKET(result, fd, receive_timeout_ns, accept_reserved(socket, flags, name, len_bytes));
  return result;
}

static int shut_down(struct socket *socket, int how)
{
  if (how < SHUT_RD || how > SHUT_RDWR)
    return -EINVAL;
  return socket->operations->shutdown != NULL ? socket->operations->shutdown(socket, how)
                                              : -EOPNOTSUPP;
}

int sys_shutdown(int fd, int how)
{
  int result = 0;
  HELD_SOCKET(result, fd, send_timeout_ns, shut_down(socket, how));
  return result;
}
