/* A server that sends back what it is sent: one thread, all connections by epoll. IPv6 and IPv4.
 *
 * uhyve-cc -O2 echo_epoll.c -o echo_epoll && uhyve --net user -p 7777:7777 echo_epoll [PORT]
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES 16384
#define MOST_EVENTS  64

/* Descriptors from here on are refused. */
#define MOST_DESCRIPTORS 4096

struct connection
{
  int fd;
  size_t begin, end; /* of what has come and is not sent yet */
  char buffer[BUFFER_BYTES];
};

static int epoll_fd;
static struct connection *connections[MOST_DESCRIPTORS]; /* by descriptor */

static void fail(const char *what)
{
  perror(what);
  exit(EXIT_FAILURE);
}

/* Asks for one thing: more to come while there is nothing to send, else room to send. A peer that
 * reads nothing so is not read either. */
static void watch(struct connection *connection, int operation)
{
  struct epoll_event event = {.events = connection->begin < connection->end ? EPOLLOUT : EPOLLIN,
                              .data.fd = connection->fd};
  if (epoll_ctl(epoll_fd, operation, connection->fd, &event) != 0)
    fail("echo_epoll: epoll_ctl");
}

/* Sends as much as there is room for. Returns 0 if the connection is over. */
static int send_waiting(struct connection *connection)
{
  while (connection->begin < connection->end)
  {
    ssize_t sent = send(connection->fd, connection->buffer + connection->begin,
                        connection->end - connection->begin, 0);
    if (sent < 0)
      return errno == EAGAIN;
    connection->begin += (size_t) sent;
  }
  return 1;
}

static void serve(struct connection *connection)
{
  int had_waiting = connection->begin < connection->end;
  int lives = 1;
  if (!had_waiting)
  {
    ssize_t got = recv(connection->fd, connection->buffer, BUFFER_BYTES, 0);
    lives = got > 0 || (got < 0 && errno == EAGAIN);
    connection->begin = 0;
    connection->end = got > 0 ? (size_t) got : 0;
  }
  if (!lives || !send_waiting(connection))
  {
    connections[connection->fd] = NULL;
    close(connection->fd); /* epoll forgets it */
    free(connection);
  }
  else if (had_waiting != (connection->begin < connection->end))
    watch(connection, EPOLL_CTL_MOD);
}

static void take_connections(int listener)
{
  int fd;
  while ((fd = accept(listener, NULL, NULL)) >= 0)
  {
    struct connection *connection = fd < MOST_DESCRIPTORS ? malloc(sizeof(*connection)) : NULL;
    if (connection == NULL || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
    {
      free(connection);
      close(fd);
      continue;
    }
    connection->fd = fd;
    connection->begin = connection->end = 0;
    connections[fd] = connection;
    watch(connection, EPOLL_CTL_ADD);
  }
}

/* A socket for IPv6 that takes IPv4 too. */
static int listen_at(in_port_t port)
{
  static const int on = 1;
  static const int off = 0;
  struct sockaddr_in6 address = {
      .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_ANY_INIT};
  int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0 ||
      bind(fd, (struct sockaddr *) &address, sizeof(address)) != 0 || listen(fd, SOMAXCONN) != 0)
    fail("echo_epoll: port");
  return fd;
}

int main(int argc, char **argv)
{
  struct epoll_event events[MOST_EVENTS];
  long port = argc > 1 ? strtol(argv[1], NULL, 10) : 7777;
  if (argc > 2 || port <= 0 || port > UINT16_MAX)
  {
    fputs("usage: echo_epoll [PORT]\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN); /* a peer that has gone is an error of send() */
  int listener = listen_at((in_port_t) port);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  epoll_fd = epoll_create1(0);
  if (epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event) != 0)
    fail("echo_epoll: epoll");
  printf("echo_epoll: at port %ld\n", port);
  fflush(stdout);
  for (;;)
  {
    int count = epoll_wait(epoll_fd, events, MOST_EVENTS, -1);
    if (count < 0 && errno != EINTR)
      fail("echo_epoll: epoll_wait");
    for (int i = 0; i < count; i++)
    {
      if (events[i].data.fd == listener)
        take_connections(listener);
      else
        serve(connections[events[i].data.fd]);
    }
  }
}
