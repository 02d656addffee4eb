/* Connects and sends before the network has an address; in guests for tests.
 *
 * usage: early ADDRESS PORT
 *
 * Prints "waiting" when all that is not to wait has not waited, and is still told of later; then
 * what has become of the connection and of the datagram. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SOON_MS 1000 /* less than any server takes here */

static struct sockaddr_in peer = {.sin_family = AF_INET};
static long begin_ms;

static long now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A call that is to fail with this errno, or not with 0, soon. */
static void fails(const char *what, long result, int number)
{
  int error = result == -1 ? errno : 0;
  long took_ms = now_ms() - begin_ms;
  if (error != number || took_ms > SOON_MS)
  {
    printf("%s: %s after %ld ms\n", what, strerror(error), took_ms);
    exit(EXIT_FAILURE);
  }
  begin_ms = now_ms();
}

static int start_connect(int flags)
{
  int fd = socket(AF_INET, SOCK_STREAM | flags, 0);
  return connect(fd, (struct sockaddr *) &peer, sizeof(peer)) == 0 ? fd : -fd;
}

static int events_of(int fd, int wait_ms)
{
  struct pollfd polled = {.fd = fd, .events = POLLIN | POLLOUT};
  return poll(&polled, 1, wait_ms) > 0 ? polled.revents : 0;
}

static void handle(int number)
{
  (void) number;
}

/* Calls that wait end for handlers and with their timeouts. */
static void try_waits(void)
{
  /* Again and again: the first may come before the call waits. */
  static const struct itimerval soon = {.it_value.tv_usec = 200000, .it_interval.tv_usec = 200000};
  static const struct itimerval never;
  static const struct timeval wait = {.tv_usec = 200000};
  struct sigaction action = {.sa_handler = handle};
  sigaction(SIGALRM, &action, NULL);
  int stream = socket(AF_INET, SOCK_STREAM, 0);
  int datagrams = socket(AF_INET, SOCK_DGRAM, 0);
  setitimer(ITIMER_REAL, &soon, NULL);
  fails("connect and a signal", connect(stream, (struct sockaddr *) &peer, sizeof(peer)), EINTR);
  setitimer(ITIMER_REAL, &soon, NULL);
  fails("sendto and a signal",
        sendto(datagrams, "x", 1, 0, (struct sockaddr *) &peer, sizeof(peer)), EINTR);
  setitimer(ITIMER_REAL, &never, NULL);
  setsockopt(stream, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
  setsockopt(datagrams, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
  fails("connect and time", connect(stream, (struct sockaddr *) &peer, sizeof(peer)), EINPROGRESS);
  fails("sendto and time", sendto(datagrams, "x", 1, 0, (struct sockaddr *) &peer, sizeof(peer)),
        EAGAIN);
  close(stream);
  close(datagrams);
}

int main(int argc, char **argv)
{
  if (argc != 3 || inet_pton(AF_INET, argv[1], &peer.sin_addr) != 1)
    return 2;
  peer.sin_port = htons((in_port_t) strtol(argv[2], NULL, 10));
  setvbuf(stdout, NULL, _IOLBF, 0);
  begin_ms = now_ms();
  int stream = -start_connect(SOCK_NONBLOCK);
  fails("connect", stream > 0 ? -1 : 0, EINPROGRESS);
  int datagrams = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  /* It has a peer before it has an address. */
  fails("connect of datagrams", connect(datagrams, (struct sockaddr *) &peer, sizeof(peer)), 0);
  fails("send", send(datagrams, "early", 5, 0), EAGAIN);
  if (events_of(stream, 0) != 0 || events_of(datagrams, 0) != 0)
  {
    printf("ready too early\n");
    return EXIT_FAILURE;
  }
  try_waits();
  printf("waiting\n");
  bool told = events_of(stream, 15000) != 0;
  int error = 0;
  socklen_t bytes = sizeof(error);
  getsockopt(stream, SOL_SOCKET, SO_ERROR, &error, &bytes);
  printf("connect: %s\n", told ? strerror(error) : "nothing");
  told = (events_of(datagrams, 15000) & POLLOUT) != 0;
  error = send(datagrams, "early", 5, 0) == 5 ? 0 : errno;
  printf("send: %s\n", told ? strerror(error) : "nothing");
  return EXIT_SUCCESS;
}
