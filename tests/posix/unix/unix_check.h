/* What the tests of local sockets share. The programs run on Linux, too. */
#ifndef TESTS_POSIX_UNIX_CHECK_H
#define TESTS_POSIX_UNIX_CHECK_H

#include "../waiting/waiting_check.h"

#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>

static inline socklen_t path_name(struct sockaddr_un *name, const char *path)
{
  *name = (struct sockaddr_un){.sun_family = AF_UNIX};
  strcpy(name->sun_path, path);
  return (socklen_t) (offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
}

/* An abstract one: without its first null. */
static inline socklen_t abstract_name(struct sockaddr_un *name, const char *text)
{
  *name = (struct sockaddr_un){.sun_family = AF_UNIX};
  strcpy(name->sun_path + 1, text);
  return (socklen_t) (offsetof(struct sockaddr_un, sun_path) + 1 + strlen(text));
}

static inline int new_socket(int type)
{
  int fd = socket(AF_UNIX, type, 0);
  CHECK(fd >= 0);
  return fd;
}

static inline void pair(int fds[2], int type)
{
  CHECK(socketpair(AF_UNIX, type, 0, fds) == 0);
}

static inline void close_both(const int fds[2])
{
  CHECK(close(fds[0]) == 0);
  CHECK(close(fds[1]) == 0);
}

static inline int bound(int type, const char *text)
{
  struct sockaddr_un name;
  socklen_t len = abstract_name(&name, text);
  int fd = new_socket(type);
  CHECK(bind(fd, (struct sockaddr *) &name, len) == 0);
  return fd;
}

static inline int connect_to(int fd, const char *text)
{
  struct sockaddr_un name;
  socklen_t len = abstract_name(&name, text);
  return connect(fd, (struct sockaddr *) &name, len);
}

#define ALL_EVENTS \
  (POLLIN | POLLPRI | POLLOUT | POLLRDHUP | POLLRDNORM | POLLRDBAND | POLLWRNORM | POLLWRBAND)

static inline int events_of(int fd)
{
  struct pollfd polled = {.fd = fd, .events = ALL_EVENTS};
  poll(&polled, 1, 0);
  return polled.revents;
}

#define READABLE (POLLIN | POLLRDNORM)
#define WRITABLE (POLLOUT | POLLWRNORM | POLLWRBAND)

static inline int number_option(int fd, int option)
{
  int value = -1;
  socklen_t len = sizeof(value);
  CHECK(getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 && len == sizeof(value));
  return value;
}

#endif
