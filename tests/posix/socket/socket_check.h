/* What the tests of sockets share. The programs run on Linux, too. All goes by the loopback
 * interface. */
#ifndef TESTS_POSIX_SOCKET_CHECK_H
#define TESTS_POSIX_SOCKET_CHECK_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../../guest/check_calls.h"
#include "../../guest/check_sender.h"

/* An address of either family; its size by family. */
union name
{
  struct sockaddr any;
  struct sockaddr_in ipv4;
  struct sockaddr_in6 ipv6;
  struct sockaddr_storage storage;
};

static inline socklen_t name_bytes(int family)
{
  return family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static inline union name loopback(int family, uint16_t port)
{
  union name name;
  memset(&name, 0, sizeof(name));
  name.any.sa_family = (sa_family_t) family;
  if (family == AF_INET)
  {
    name.ipv4.sin_port = htons(port);
    name.ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  else
  {
    name.ipv6.sin6_port = htons(port);
    name.ipv6.sin6_addr = in6addr_loopback;
  }
  return name;
}

static inline uint16_t port_of(int fd)
{
  union name name;
  socklen_t bytes = sizeof(name);
  if (!CHECK(getsockname(fd, &name.any, &bytes) == 0))
    return 0;
  return ntohs(name.any.sa_family == AF_INET ? name.ipv4.sin_port : name.ipv6.sin6_port);
}

/* A socket bound to a free port of the loopback address; streams listen. */
static inline int bound(int family, int type)
{
  union name name = loopback(family, 0);
  int fd = socket(family, type, 0);
  CHECK(fd >= 0);
  CHECK(bind(fd, &name.any, name_bytes(family)) == 0);
  if (type == SOCK_STREAM)
    CHECK(listen(fd, 16) == 0);
  return fd;
}

static inline int connected_to(int family, int type, uint16_t port)
{
  union name name = loopback(family, port);
  int fd = socket(family, type, 0);
  CHECK(fd >= 0);
  CHECK(connect(fd, &name.any, name_bytes(family)) == 0);
  return fd;
}

/* Two ends of one connection: the one that connected, the one that was accepted. */
static inline void make_connection(int family, int ends[2])
{
  int listener = bound(family, SOCK_STREAM);
  ends[0] = connected_to(family, SOCK_STREAM, port_of(listener));
  ends[1] = accept(listener, NULL, NULL);
  CHECK(ends[1] >= 0);
  close(listener);
}

static inline int events_of(int fd, int wanted)
{
  struct pollfd polled = {.fd = fd, .events = (short) wanted};
  return poll(&polled, 1, 0) >= 0 ? polled.revents : -1;
}

/* What poll() tells once it is more than nothing. */
static inline int wait_for_events(int fd, int wanted)
{
  struct pollfd polled = {.fd = fd, .events = (short) wanted};
  return poll(&polled, 1, 5000) > 0 ? polled.revents : -1;
}

/* Sends until there is no room, and tells how much. Nobody reads, but what has been sent arrives,
 * and may make room again until that is acknowledged: so this looks for some time. */
static inline size_t fill(int fd)
{
  static char much[1 << 20];
  struct pollfd polled = {.fd = fd, .events = POLLOUT};
  size_t sent = 0;
  do
  {
    ssize_t result;
    while ((result = send(fd, much, sizeof(much), MSG_DONTWAIT)) > 0)
      sent += (size_t) result;
    CHECK(result == -1 && errno == EAGAIN);
  } while (poll(&polled, 1, 100) == 1 && (polled.revents & POLLOUT) != 0);
  return sent;
}

static inline int get_int(int fd, int level, int option)
{
  int value = -1;
  socklen_t bytes = sizeof(value);
  return getsockopt(fd, level, option, &value, &bytes) == 0 ? value : -1;
}

static inline int set_int(int fd, int level, int option, int value)
{
  return setsockopt(fd, level, option, &value, sizeof(value));
}

static inline long milliseconds(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- Signals ---- */

static volatile sig_atomic_t handled;

static inline void count_signal(int number)
{
  (void) number;
  handled = handled + 1;
}

static inline void set_handler(int flags)
{
  struct sigaction action = {.sa_handler = count_signal, .sa_flags = flags};
  GIVES(sigaction(SIGUSR1, &action, NULL), 0);
  handled = 0;
}

#endif
