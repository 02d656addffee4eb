/* TCP over the loopback interface, between two threads: what goes out comes back, by IPv4 and IPv6,
 * and afterwards nothing ticks. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/guest/check.h"

#define PIECE_BYTES 60000
#define LARGE_BYTES (64u << 20)

/* The stack's own: its clock rests. */
extern bool __uhyve_net_timers_rest;

static bool send_whole(int fd, const unsigned char *bytes, size_t len_bytes)
{
  for (size_t sent = 0; sent < len_bytes;)
  {
    ssize_t count = send(fd, bytes + sent, len_bytes - sent, 0);
    if (count <= 0)
      return false;
    sent += (size_t) count;
  }
  return true;
}

/* Sends back what comes, until there is no more. */
static void *echo(void *argument)
{
  static unsigned char buffer[PIECE_BYTES];
  int listener = (int) (intptr_t) argument;
  int fd = accept(listener, NULL, NULL);
  ssize_t got;
  CHECK(fd >= 0);
  while ((got = recv(fd, buffer, sizeof(buffer), 0)) > 0)
    CHECK(send_whole(fd, buffer, (size_t) got));
  CHECK(got == 0);
  close(fd);
  return NULL;
}

static unsigned char expected(size_t at)
{
  return (unsigned char) (at * 7 + at / 251);
}

struct sender
{
  int fd;
  size_t len_bytes;
};

static void *send_all(void *argument)
{
  const struct sender *sender = argument;
  static unsigned char buffer[PIECE_BYTES];
  for (size_t sent = 0; sent < sender->len_bytes;)
  {
    size_t piece = sender->len_bytes - sent < PIECE_BYTES ? sender->len_bytes - sent : PIECE_BYTES;
    for (size_t i = 0; i < piece; i++)
      buffer[i] = expected(sent + i);
    CHECK(send_whole(sender->fd, buffer, piece));
    sent += piece;
  }
  return NULL;
}

static void receive_all(int fd, size_t len_bytes)
{
  static unsigned char buffer[PIECE_BYTES];
  size_t received = 0, wrong = 0;
  while (received < len_bytes)
  {
    ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
    if (got <= 0)
      break;
    for (ssize_t i = 0; i < got; i++)
      wrong += buffer[i] != expected(received++);
  }
  CHECK(received == len_bytes);
  CHECK(wrong == 0);
}

/* IPv4 goes to the same listener, by addresses that are mapped. */
static void check_echo(const char *address, size_t len_bytes)
{
  pthread_t echoer, writer;
  struct sockaddr_in6 name = {.sin6_family = AF_INET6};
  socklen_t name_bytes = sizeof(name);
  int listener = socket(AF_INET6, SOCK_STREAM, 0);
  CHECK(bind(listener, (struct sockaddr *) &name, sizeof(name)) == 0);
  CHECK(listen(listener, 8) == 0);
  CHECK(getsockname(listener, (struct sockaddr *) &name, &name_bytes) == 0);
  CHECK(pthread_create(&echoer, NULL, echo, (void *) (intptr_t) listener) == 0);

  CHECK(inet_pton(AF_INET6, address, &name.sin6_addr) == 1);
  struct sender sender = {socket(AF_INET6, SOCK_STREAM, 0), len_bytes};
  CHECK(connect(sender.fd, (struct sockaddr *) &name, sizeof(name)) == 0);
  CHECK(pthread_create(&writer, NULL, send_all, &sender) == 0);
  receive_all(sender.fd, len_bytes);
  pthread_join(writer, NULL);
  close(sender.fd);
  pthread_join(echoer, NULL);
  close(listener);
}

int main(void)
{
  check_echo("::ffff:127.0.0.1", 1);
  check_echo("::1", 100000);
  check_echo("::ffff:127.0.0.1", LARGE_BYTES);
  sleep(1);
  CHECK(__uhyve_net_timers_rest);
  return check_finish();
}
