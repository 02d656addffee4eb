/* The ends of connections that are not the usual ones: reset before they are accepted, undone by
 * connect(), closed with a peer that has gone half. */
#include "socket_check.h"

#define BACKLOG 4

static const struct linger now = {.l_onoff = 1, .l_linger = 0};

/* A socket that connects, and is reset with bytes on their way; false: nobody answers. */
static bool connect_and_reset(int family, uint16_t port)
{
  union name name = loopback(family, port);
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
  FAILS(connect(fd, &name.any, name_bytes(family)), EINPROGRESS);
  struct pollfd polled = {.fd = fd, .events = POLLOUT};
  bool is_connected = poll(&polled, 1, 300) == 1;
  if (is_connected)
  {
    GIVES(send(fd, "lost", 4, 0), 4);
    GIVES(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
  }
  close(fd);
  return is_connected;
}

/* Connections that have been reset take a place until somebody accepts them. */
static void test_reset_before_accept(int family)
{
  int listener = bound(family, SOCK_STREAM);
  uint16_t port = port_of(listener);
  struct timeval wait = {.tv_sec = 7};
  struct timeval found = {.tv_sec = 0};
  socklen_t bytes = sizeof(found);
  int count = 0;
  GIVES(listen(listener, BACKLOG), 0);
  GIVES(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
  GIVES(setsockopt(listener, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)), 0);
  while (count < 10 * BACKLOG && connect_and_reset(family, port))
    count++;
  GIVES(count, BACKLOG + 1);
  GIVES(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
  for (int i = 0; i < count; i++)
  {
    union name name;
    socklen_t name_len = sizeof(name);
    memset(&name, 0, sizeof(name));
    int fd = accept(listener, &name.any, &name_len);
    CHECK(fd >= 0);
    /* Whose it was is known still. */
    CHECK(name_len == name_bytes(family) && name.any.sa_family == family);
    CHECK(name.ipv4.sin_port != 0);
    FAILS(getpeername(fd, &name.any, &name_len), ENOTCONN);
    /* Timeouts are the listener's. */
    GIVES(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &found, &bytes), 0);
    CHECK(found.tv_sec == 7);
    GIVES(getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &found, &bytes), 0);
    CHECK(found.tv_sec == 7);
    close(fd);
  }
  FAILS(accept(listener, NULL, NULL), EAGAIN);
  CHECK(connect_and_reset(family, port));
  close(listener);
}

int main(void)
{
  for (int i = 0; i < 2; i++)
  {
    int family = i == 0 ? AF_INET : AF_INET6;
    test_reset_before_accept(family);
  }
  return check_finish();
}
