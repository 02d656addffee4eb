/* Streams and round trips over a network: the one who measures connects to the one who serves.
 *
 * usage: net_peer serve PORT
 *        net_peer tcp_stream_rx|tcp_stream_tx|tcp_rr|udp_rr HOST PORT CONNECTIONS SECONDS
 *
 * rx and tx are seen from who measures. A connection's first byte says what it is for. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

#define BUFFER_BYTES     ((size_t) 128 << 10)
#define MOST_CONNECTIONS 16

/* ---- The one who serves ---- */

static void *serve(void *argument)
{
  int fd = (int) (intptr_t) argument;
  char *buffer = calloc(1, BUFFER_BYTES);
  char purpose;
  uint64_t total = 0;
  ssize_t moved = buffer == NULL ? -1 : recv(fd, &purpose, 1, 0);
  while (moved > 0)
  {
    if (purpose == 't')
      moved = send(fd, buffer, BUFFER_BYTES, 0);
    else
      moved = recv(fd, buffer, BUFFER_BYTES, 0);
    if (moved > 0 && purpose == 'e')
      moved = send(fd, buffer, (size_t) moved, 0);
    total += moved > 0 ? (uint64_t) moved : 0;
  }
  if (buffer != NULL && purpose == 'r')
    send(fd, &total, sizeof(total), 0);
  free(buffer);
  close(fd);
  return NULL;
}

static void *serve_datagrams(void *argument)
{
  int fd = (int) (intptr_t) argument;
  char data[2048];
  struct sockaddr_storage from;
  socklen_t bytes = sizeof(from);
  ssize_t got;
  while ((got = recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *) &from, &bytes)) >= 0)
  {
    sendto(fd, data, (size_t) got, 0, (struct sockaddr *) &from, bytes);
    bytes = sizeof(from);
  }
  return NULL;
}

static int bound(int type, in_port_t port)
{
  static const int on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  int fd = socket(AF_INET, type, 0);
  measure_check(fd >= 0, "socket");
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  measure_check(bind(fd, (struct sockaddr *) &address, sizeof(address)) == 0, "bind");
  return fd;
}

static void serve_all(in_port_t port)
{
  static const int on = 1;
  pthread_t thread;
  int listener = bound(SOCK_STREAM, port);
  int datagrams = bound(SOCK_DGRAM, port);
  measure_check(listen(listener, MOST_CONNECTIONS) == 0, "listen");
  measure_check(pthread_create(&thread, NULL, serve_datagrams, (void *) (intptr_t) datagrams) == 0,
                "pthread_create");
  puts("ready");
  fflush(stdout);
  for (;;)
  {
    int fd = accept(listener, NULL, NULL);
    measure_check(fd >= 0, "accept");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    measure_check(pthread_create(&thread, NULL, serve, (void *) (intptr_t) fd) == 0,
                  "pthread_create");
    pthread_detach(thread);
  }
}

/* ---- The one who measures ---- */

static struct sockaddr_in peer = {.sin_family = AF_INET};
static uint64_t begin_ns;
static uint64_t end_ns;

static int connected(int type, char purpose)
{
  static const int on = 1;
  int fd = socket(AF_INET, type, 0);
  measure_check(fd >= 0 && connect(fd, (struct sockaddr *) &peer, sizeof(peer)) == 0, "connect");
  if (type == SOCK_STREAM)
  {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    measure_check(send(fd, &purpose, 1, 0) == 1, "send");
  }
  return fd;
}

/* Each returns what it moved until end_ns. */
static void *receive_stream(void *argument)
{
  char *buffer = malloc(BUFFER_BYTES);
  int fd = connected(SOCK_STREAM, 't');
  uint64_t total = 0;
  (void) argument;
  measure_check(buffer != NULL, "malloc");
  while (measure_now_ns() < end_ns)
  {
    ssize_t got = recv(fd, buffer, BUFFER_BYTES, 0);
    measure_check(got > 0, "recv");
    total += (uint64_t) got;
  }
  close(fd);
  free(buffer);
  return (void *) total;
}

/* What the peer has counted is what counts. */
static void *send_stream(void *argument)
{
  char *buffer = calloc(1, BUFFER_BYTES);
  int fd = connected(SOCK_STREAM, 'r');
  uint64_t total = 0;
  (void) argument;
  measure_check(buffer != NULL, "malloc");
  while (measure_now_ns() < end_ns)
    measure_check(send(fd, buffer, BUFFER_BYTES, 0) > 0, "send");
  shutdown(fd, SHUT_WR);
  measure_check(recv(fd, &total, sizeof(total), MSG_WAITALL) == (ssize_t) sizeof(total), "recv");
  close(fd);
  free(buffer);
  return (void *) total;
}

static uint64_t round_trips(int type)
{
  static const struct timeval lost = {.tv_sec = 1};
  char byte = 'x';
  int fd = connected(type, 'e');
  uint64_t count = 0;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &lost, sizeof(lost));
  while (measure_now_ns() < end_ns)
  {
    measure_check(send(fd, &byte, 1, 0) == 1, "send");
    measure_check(recv(fd, &byte, 1, 0) == 1, "recv");
    count++;
  }
  close(fd);
  return count;
}

static uint64_t streams(void *(*run)(void *), int count)
{
  pthread_t threads[MOST_CONNECTIONS];
  uint64_t total = 0;
  for (int i = 0; i < count; i++)
    measure_check(pthread_create(&threads[i], NULL, run, NULL) == 0, "pthread_create");
  for (int i = 0; i < count; i++)
  {
    void *moved;
    pthread_join(threads[i], &moved);
    total += (uint64_t) moved;
  }
  return total;
}

int main(int argc, char **argv)
{
  signal(SIGPIPE, SIG_IGN);
  if (argc == 3 && strcmp(argv[1], "serve") == 0)
    serve_all((in_port_t) strtol(argv[2], NULL, 10));
  measure_check(argc == 6, "net_peer WHAT HOST PORT CONNECTIONS SECONDS");
  measure_check(inet_pton(AF_INET, argv[2], &peer.sin_addr) == 1, "inet_pton");
  peer.sin_port = htons((in_port_t) strtol(argv[3], NULL, 10));
  int count = (int) strtol(argv[4], NULL, 10);
  measure_check(count > 0 && count <= MOST_CONNECTIONS, "CONNECTIONS");
  /* Whoever has to be found or woken on the way is. */
  end_ns = measure_now_ns() + 200000000u;
  round_trips(SOCK_STREAM);
  begin_ns = measure_now_ns();
  end_ns = begin_ns + strtoull(argv[5], NULL, 10) * 1000000000u;
  if (strstr(argv[1], "stream") != NULL)
  {
    uint64_t bytes = streams(strstr(argv[1], "rx") != NULL ? receive_stream : send_stream, count);
    measure_print(argv[1], (double) bytes * 1000 / (double) (measure_now_ns() - begin_ns), "MB/s");
  }
  else
  {
    uint64_t trips = round_trips(strcmp(argv[1], "udp_rr") == 0 ? SOCK_DGRAM : SOCK_STREAM);
    measure_print(argv[1], (double) trips * 1e9 / (double) (measure_now_ns() - begin_ns), "1/s");
  }
  return 0;
}
