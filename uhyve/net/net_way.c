/* Opens what --net names. */
#include "way.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static int fail(char message[static 256], int fd, int error, const char *what)
{
  snprintf(message, 256, "--net fd:%d: %s", fd, what);
  return error;
}

static int open_socket(struct net_way **way, int fd, char message[static 256])
{
  struct sockaddr_storage peer;
  int type;
  socklen_t type_bytes = sizeof(type);
  socklen_t peer_bytes = sizeof(peer);
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_bytes) != 0 || type != SOCK_STREAM)
    return fail(message, fd, -EINVAL, "is neither a TAP nor a stream socket");
  if (getpeername(fd, (struct sockaddr *) &peer, &peer_bytes) != 0)
    return fail(message, fd, -errno, "is a socket that is not connected");
  return net_stream_open(way, fd, message);
}

/* A service manager, or whoever has the right to open it, hands it over. What the monitor has
 * opened itself, or has taken before, is to be closed at exec: that cannot have come to it. */
static int open_descriptor(struct net_way **way, int fd, char message[static 256])
{
  int flags = fcntl(fd, F_GETFD);
  if (flags < 0)
    return fail(message, fd, -EBADF, "no such descriptor is open");
  if ((flags & FD_CLOEXEC) != 0)
    return fail(message, fd, -EBADF, "was not handed over to uhyve, or is taken already");
  int error = net_tap_adopt(way, fd);
  if (error == -EINVAL)
    return fail(message, fd, error, "is no TAP as it is needed (IFF_TAP, IFF_NO_PI)");
  if (error != 0 && error != -ENOTTY)
    return fail(message, fd, error, strerror(-error));
  if (error == -ENOTTY)
    error = open_socket(way, fd, message);
  if (error != 0)
    return error;
  int status = fcntl(fd, F_GETFL);
  if (status >= 0 && fcntl(fd, F_SETFL, status | O_NONBLOCK) == 0 &&
      fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
    return 0;
  error = -errno;
  (*way)->operations->close(*way);
  return fail(message, fd, error, strerror(-error));
}

/* Another queue of the TAP that the first is one of. */
static int add_descriptor(struct net_way *first, int fd, char message[static 256])
{
  struct net_way *last = first;
  struct net_way *way = NULL;
  int error = open_descriptor(&way, fd, message);
  if (way == NULL)
    return error;
  if (strcmp(way->name, first->name) != 0)
  {
    way->operations->close(way);
    return fail(message, fd, -EINVAL, "is no queue of the same TAP as the first descriptor");
  }
  while (last->next != NULL)
    last = last->next;
  last->next = way;
  return 0;
}

/* A service manager, or whoever has the right to open them, hands them over. */
static int open_descriptors(struct net_way **way, const struct net_option *option,
                            char message[static 256])
{
  int error = open_descriptor(way, option->fds[0], message);
  if (error != 0)
    return error;
  for (unsigned int i = 1; i < option->queue_count && error == 0; i++)
    error = add_descriptor(*way, option->fds[i], message);
  if (error != 0)
    (*way)->operations->close(*way);
  return error;
}

int net_way_open(struct net_way **way, const struct net_options *options, unsigned int index,
                 char message[static 256])
{
  const struct net_option *option = &options->list[index];
  switch (option->kind)
  {
  case NET_TAP:
    return net_tap_open(way, option, message);
  case NET_FD:
    return open_descriptors(way, option, message);
  case NET_PASST:
    return net_passt_open(way, options, index, message);
  default:
    return net_user_open(way, options, index, message);
  }
}
