/* A client: connects to a host by name or address, sends standard input, and prints what comes
 * back, both at once.
 *
 * uhyve-cc -O2 client.c -o client && uhyve --net user client 10.0.2.2 7777
 * (to an echo server, such as echo_threads.c, on the host)
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES 65536

/* Tries all addresses that the name has, IPv6's and IPv4's. Returns a socket or -1. */
static int connect_to(const char *host, const char *port)
{
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  struct addrinfo *addresses;
  int fd = -1;
  int error = getaddrinfo(host, port, &hints, &addresses);
  if (error != 0)
  {
    fprintf(stderr, "client: %s: %s\n", host, gai_strerror(error));
    return -1;
  }
  for (struct addrinfo *address = addresses; address != NULL && fd < 0; address = address->ai_next)
  {
    fd = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (fd >= 0 && connect(fd, address->ai_addr, address->ai_addrlen) != 0)
    {
      int reason = errno;
      close(fd);
      errno = reason;
      fd = -1;
    }
  }
  if (fd < 0)
    fprintf(stderr, "client: %s: %s\n", host, strerror(errno));
  freeaddrinfo(addresses);
  return fd;
}

/* Writes all to a descriptor that blocks. Returns whether it went. */
static int write_all(int fd, const char *data, size_t len_bytes)
{
  while (len_bytes > 0)
  {
    ssize_t written = write(fd, data, len_bytes);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return 0;
    data += written;
    len_bytes -= (size_t) written;
  }
  return 1;
}

/* Input that is read and not sent yet. */
static struct
{
  char data[BUFFER_BYTES];
  size_t begin, end;
} waiting;

/* Returns whether there may be more. */
static int read_input(void)
{
  ssize_t got = read(STDIN_FILENO, waiting.data, BUFFER_BYTES);
  waiting.begin = 0;
  waiting.end = got > 0 ? (size_t) got : 0;
  return got > 0 || (got < 0 && errno == EINTR);
}

/* Sends what there is room for: if all were sent, and the peer did the same, both would wait. */
static int send_waiting(int fd)
{
  ssize_t sent = send(fd, waiting.data + waiting.begin, waiting.end - waiting.begin, MSG_DONTWAIT);
  waiting.begin += sent > 0 ? (size_t) sent : 0;
  return sent >= 0 || errno == EAGAIN || errno == EINTR;
}

/* Prints what has come. Returns 1, 0 at the end of it, -1 on an error. */
static int print_answer(int fd)
{
  static char buffer[BUFFER_BYTES];
  ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
  if (got < 0)
    return errno == EINTR ? 1 : -1;
  if (got > 0 && !write_all(STDOUT_FILENO, buffer, (size_t) got))
    return -1;
  return got > 0;
}

/* Returns 0 when both sides have said all, or -1. */
static int talk(int fd)
{
  int has_input = 1;
  for (;;)
  {
    int has_waiting = waiting.begin < waiting.end;
    struct pollfd both[] = {
        {.fd = fd, .events = (short) (POLLIN | (has_waiting ? POLLOUT : 0))},
        {.fd = has_input && !has_waiting ? STDIN_FILENO : -1, .events = POLLIN},
    };
    if (poll(both, 2, -1) < 0 && errno != EINTR)
      return -1;
    if (both[1].revents != 0)
      has_input = read_input();
    if ((both[0].revents & POLLOUT) != 0 && !send_waiting(fd))
      return -1;
    if (both[1].revents != 0 && !has_input)
      shutdown(fd, SHUT_WR); /* the peer reads an end, and may still answer */
    if ((both[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
    {
      int more = print_answer(fd);
      if (more <= 0)
        return more;
    }
  }
}

int main(int argc, char **argv)
{
  if (argc != 3)
  {
    fputs("usage: client HOST PORT\n", stderr);
    return 2;
  }
  signal(SIGPIPE, SIG_IGN); /* a peer that has gone is an error of send() */
  int fd = connect_to(argv[1], argv[2]);
  if (fd < 0)
    return EXIT_FAILURE;
  if (talk(fd) != 0)
  {
    perror("client");
    return EXIT_FAILURE;
  }
  close(fd);
  return EXIT_SUCCESS;
}
