/* A server that sends back what it is sent, a thread for each connection. IPv6 and IPv4.
 *
 * uhyve-cc -O2 echo_threads.c -o echo_threads && uhyve --net user -p 7777:7777 echo_threads [PORT]
 */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES 16384
#define STACK_BYTES  ((size_t) 64 << 10)

/* Returns whether all of it went. */
static int send_all(int fd, const char *data, size_t len_bytes)
{
  while (len_bytes > 0)
  {
    ssize_t sent = send(fd, data, len_bytes, 0);
    if (sent < 0 && errno == EINTR)
      continue;
    if (sent < 0)
      return 0;
    data += sent;
    len_bytes -= (size_t) sent;
  }
  return 1;
}

static void *echo(void *argument)
{
  char buffer[BUFFER_BYTES];
  int fd = (int) (intptr_t) argument;
  ssize_t got;
  do
    got = recv(fd, buffer, sizeof(buffer), 0);
  while (got < 0 ? errno == EINTR : got > 0 && send_all(fd, buffer, (size_t) got));
  close(fd);
  return NULL;
}

/* A socket for IPv6 that takes IPv4 too. */
static int listen_at(in_port_t port)
{
  static const int on = 1;
  static const int off = 0;
  struct sockaddr_in6 address = {
      .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_ANY_INIT};
  int fd = socket(AF_INET6, SOCK_STREAM, 0);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0 ||
      bind(fd, (struct sockaddr *) &address, sizeof(address)) != 0 || listen(fd, SOMAXCONN) != 0)
  {
    perror("echo_threads: port");
    exit(EXIT_FAILURE);
  }
  return fd;
}

int main(int argc, char **argv)
{
  pthread_attr_t attributes;
  pthread_t thread;
  long port = argc > 1 ? strtol(argv[1], NULL, 10) : 7777;
  if (argc > 2 || port <= 0 || port > UINT16_MAX)
  {
    fputs("usage: echo_threads [PORT]\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN); /* a peer that has gone is an error of send() */
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  int listener = listen_at((in_port_t) port);
  printf("echo_threads: at port %ld\n", port);
  fflush(stdout);
  for (;;)
  {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
      usleep(10000); /* until a connection has gone */
    else if (fd >= 0 && pthread_create(&thread, &attributes, echo, (void *) (intptr_t) fd) != 0)
      close(fd);
  }
}
