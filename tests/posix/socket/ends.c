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

/* A socket bound to a port by its number. */
static int bound_by_number(int family, uint16_t *port)
{
  int other = bound(family, SOCK_STREAM);
  *port = port_of(other);
  close(other);
  union name name = loopback(family, *port);
  int fd = socket(family, SOCK_STREAM, 0);
  GIVES(bind(fd, &name.any, name_bytes(family)), 0);
  return fd;
}

static const struct sockaddr nothing = {.sa_family = AF_UNSPEC};

/* What connect() has undone is a new socket, with the port that it was given. */
static void test_disconnect(int family)
{
  char buffer[10];
  uint16_t port;
  int listener = bound(family, SOCK_STREAM);
  union name name = loopback(family, port_of(listener));
  int fd = bound_by_number(family, &port);
  for (int i = 0; i < 3; i++)
  {
    GIVES(connect(fd, &name.any, name_bytes(family)), 0);
    int server = accept(listener, NULL, NULL);
    GIVES(send(server, "unread", 6, 0), 6);
    CHECK((wait_for_events(fd, POLLIN) & POLLIN) != 0);
    GIVES(connect(fd, &nothing, sizeof(nothing)), 0);
    FAILS(recv(server, buffer, sizeof(buffer), 0), ECONNRESET);
    close(server);
    GIVES(port_of(fd), port);
    union name own = loopback(family, port);
    FAILS(bind(fd, &own.any, name_bytes(family)), EINVAL);
    int other = socket(family, SOCK_STREAM, 0);
    FAILS(bind(other, &own.any, name_bytes(family)), EADDRINUSE);
    close(other);
  }
  close(fd);
  close(listener);
}

/* The same with one that listens; those that have not been accepted are reset. */
static void test_listening_undone(int family)
{
  char buffer[10];
  uint16_t port;
  int listener = bound_by_number(family, &port);
  for (int i = 0; i < 2; i++)
  {
    GIVES(listen(listener, BACKLOG), 0);
    int client = connected_to(family, SOCK_STREAM, port);
    if (i == 0)
      GIVES(connect(listener, &nothing, sizeof(nothing)), 0);
    else
      GIVES(shutdown(listener, SHUT_RD), 0);
    FAILS(recv(client, buffer, sizeof(buffer), 0), ECONNRESET);
    close(client);
    FAILS(accept(listener, NULL, NULL), EINVAL);
    GIVES(port_of(listener), port);
  }
  GIVES(listen(listener, BACKLOG), 0);
  int client = connected_to(family, SOCK_STREAM, port);
  int server = accept(listener, NULL, NULL);
  CHECK(server >= 0);
  close(server);
  close(client);
  close(listener);
}

/* ---- A peer that has gone half ---- */

/* Much is on its way to a peer that sends no more and does not read. */
static void make_half(int half[2])
{
  make_connection(AF_INET, half);
  GIVES(send(half[1], "x", 1, 0), 1);
  GIVES(shutdown(half[1], SHUT_WR), 0);
  CHECK((wait_for_events(half[0], POLLRDHUP) & POLLRDHUP) != 0);
  CHECK(fill(half[0]) > 0);
}

static void test_half(void)
{
  char byte;
  int half[2];
  struct linger second = {.l_onoff = 1, .l_linger = 1};
  /* close() waits for it to be read. */
  make_half(half);
  GIVES(recv(half[0], &byte, 1, 0), 1);
  GIVES(setsockopt(half[0], SOL_SOCKET, SO_LINGER, &second, sizeof(second)), 0);
  long begin = milliseconds();
  close(half[0]);
  CHECK(milliseconds() - begin >= 900);
  close(half[1]);
  /* Bytes that it has not read are an end without order, also after its own shutdown(). */
  make_half(half);
  GIVES(shutdown(half[0], SHUT_WR), 0);
  close(half[0]);
  CHECK((wait_for_events(half[1], POLLHUP) & POLLERR) != 0);
  close(half[1]);
}

/* ---- While another thread receives ---- */

#define MUCH_BYTES (512u << 10)
#define ROUNDS     100

static int receiver;

static void *look_again(void *unused)
{
  static char buffer[MUCH_BYTES];
  (void) unused;
  while (recv(receiver, buffer, sizeof(buffer), MSG_PEEK) > 0)
    ;
  return NULL;
}

static void test_disconnect_while_received(void)
{
  static char buffer[MUCH_BYTES];
  int listener = bound(AF_INET, SOCK_STREAM);
  for (int i = 0; i < ROUNDS; i++)
  {
    pthread_t other;
    receiver = connected_to(AF_INET, SOCK_STREAM, port_of(listener));
    int server = accept(listener, NULL, NULL);
    CHECK(send(server, buffer, sizeof(buffer), MSG_DONTWAIT) > 0);
    CHECK(pthread_create(&other, NULL, look_again, NULL) == 0);
    usleep((useconds_t) i * 20);
    GIVES(connect(receiver, &nothing, sizeof(nothing)), 0);
    GIVES(shutdown(server, SHUT_RDWR) == 0 || errno == ENOTCONN, 1);
    pthread_join(other, NULL);
    close(server);
    close(receiver);
  }
  close(listener);
}

int main(void)
{
  for (int i = 0; i < 2; i++)
  {
    int family = i == 0 ? AF_INET : AF_INET6;
    test_reset_before_accept(family);
    test_disconnect(family);
    test_listening_undone(family);
  }
  test_half();
  test_disconnect_while_received();
  return check_finish();
}
