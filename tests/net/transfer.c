/* Takes and gives streams that are known byte by byte, by HTTP, a thread for each connection; the
 * server in guests for tests, whose peer is curl.
 *
 * usage: transfer PORT    serves
 *        transfer -N      prints N bytes of the stream
 *
 * GET /N answers with N bytes, PUT /N compares what it is sent, and answers "the same" or "differs
 * at byte B". GET /state answers with what connections may leak: descriptors and memory in use. How
 * a transfer ended that was not complete goes to standard output. GET /end ends the server.
 *
 * A connection that ends with its answer ("Connection: close") is closed by the server first,
 * unless the request says "Close-First: client". */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES ((size_t) 128 << 10)
#define HEAD_BYTES   4096

/* The stream from byte `begin`, a multiple of 8, on (splitmix64 of each word's place). */
static void fill(uint64_t *words, uint64_t begin, size_t len_bytes)
{
  for (uint64_t i = 0; i < (len_bytes + 7) / 8; i++)
  {
    uint64_t z = (begin / 8 + i) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    words[i] = z ^ z >> 31;
  }
}

static void report(const char *what, uint64_t done, uint64_t of)
{
  printf("%s: %" PRIu64 " of %" PRIu64 " bytes: %s\n", what, done, of,
         errno == 0 ? "end of the connection" : strerror(errno));
  fflush(stdout);
}

static bool write_all(int fd, const void *data, size_t len_bytes, size_t *done)
{
  *done = 0;
  while (*done < len_bytes)
  {
    ssize_t sent = write(fd, (const char *) data + *done, len_bytes - *done);
    if (sent < 0 && errno != EINTR)
      return false;
    *done += sent > 0 ? (size_t) sent : 0;
  }
  return true;
}

static bool give(int fd, uint64_t *buffer, uint64_t count)
{
  for (uint64_t begin = 0; begin < count; begin += BUFFER_BYTES)
  {
    size_t done;
    size_t len_bytes = count - begin < BUFFER_BYTES ? (size_t) (count - begin) : BUFFER_BYTES;
    fill(buffer, begin, len_bytes);
    if (!write_all(fd, buffer, len_bytes, &done))
    {
      report("give", begin + done, count);
      return false;
    }
  }
  return true;
}

/* Fills the buffer or reads to the end of the count. Begins with what came with the head. Returns
 * false if the connection ended. */
static bool take_piece(int fd, char *buffer, size_t len_bytes, size_t *have)
{
  while (*have < len_bytes)
  {
    ssize_t got = read(fd, buffer + *have, len_bytes - *have);
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
    {
      if (got == 0)
        errno = 0;
      return false;
    }
    *have += (size_t) got;
  }
  return true;
}

/* Returns the first byte that differs, or count; UINT64_MAX if not all came. */
static uint64_t take(int fd, uint64_t *buffer, size_t have, uint64_t count)
{
  static _Thread_local uint64_t expected[BUFFER_BYTES / 8];
  uint64_t differs = count;
  for (uint64_t begin = 0; begin < count; begin += BUFFER_BYTES, have = 0)
  {
    size_t len_bytes = count - begin < BUFFER_BYTES ? (size_t) (count - begin) : BUFFER_BYTES;
    if (!take_piece(fd, (char *) buffer, len_bytes, &have))
    {
      report("take", begin + have, count);
      return UINT64_MAX;
    }
    fill(expected, begin, len_bytes);
    for (size_t i = 0; i < len_bytes && differs == count; i++)
    {
      if (((char *) buffer)[i] != ((char *) expected)[i])
        differs = begin + i;
    }
  }
  return differs;
}

/* The lowest free descriptor, and what /proc says of memory. */
static void write_state(char *text, size_t bytes)
{
  char line[128];
  unsigned long free_kib = 0;
  int lowest = dup(STDOUT_FILENO);
  close(lowest);
  FILE *memory = fopen("/proc/meminfo", "r");
  while (memory != NULL && fgets(line, sizeof(line), memory) != NULL)
    if (strncmp(line, "MemFree:", 8) == 0)
      free_kib = strtoul(line + 8, NULL, 10);
  if (memory != NULL)
    fclose(memory);
  snprintf(text, bytes, "descriptors %d free %lu\n", lowest, free_kib);
}

static bool answer(int fd, const char *text)
{
  char head[256];
  size_t done;
  int len = snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
                     strlen(text), text);
  return write_all(fd, head, (size_t) len, &done);
}

/* Reads the number behind a prefix. */
static bool read_count(const char *head, const char *prefix, uint64_t *count)
{
  char *end;
  size_t bytes = strlen(prefix);
  if (strncmp(head, prefix, bytes) != 0)
    return false;
  *count = strtoull(head + bytes, &end, 10);
  return end != head + bytes;
}

static bool serve_request(int fd, const char *head, uint64_t *buffer, size_t have)
{
  char text[128];
  size_t done;
  uint64_t count;
  bool is_last = strstr(head, "Connection: close\r\n") != NULL;
  if (strncmp(head, "GET /state ", 11) == 0)
  {
    write_state(text, sizeof(text));
    return answer(fd, text);
  }
  if (strncmp(head, "GET /end ", 9) == 0)
    exit(answer(fd, "") ? EXIT_SUCCESS : EXIT_FAILURE);
  if (read_count(head, "GET /", &count))
  {
    int len =
        snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Length: %" PRIu64 "\r\n%s\r\n",
                 count, is_last ? "Connection: close\r\n" : "");
    return write_all(fd, text, (size_t) len, &done) && give(fd, buffer, count) &&
           (!is_last || strstr(head, "\r\nClose-First: client\r\n") != NULL);
  }
  if (!read_count(head, "PUT /", &count))
    return false;
  uint64_t differs = take(fd, buffer, have, count);
  if (differs == UINT64_MAX)
    return false;
  snprintf(text, sizeof(text), differs == count ? "the same\n" : "differs at byte %" PRIu64 "\n",
           differs);
  return answer(fd, text);
}

/* One request after the other; each has ended before the next comes. */
static void *serve(void *argument)
{
  int fd = (int) (intptr_t) argument;
  uint64_t *buffer = malloc(BUFFER_BYTES);
  char head[HEAD_BYTES];
  bool goes_on = buffer != NULL;
  while (goes_on)
  {
    size_t have = 0;
    char *end = NULL;
    while (end == NULL && have < sizeof(head) - 1)
    {
      ssize_t got = read(fd, head + have, sizeof(head) - 1 - have);
      if (got < 0)
        report("idle", 0, 0);
      if (got <= 0)
        break;
      have += (size_t) got;
      head[have] = '\0';
      end = strstr(head, "\r\n\r\n");
    }
    goes_on = end != NULL;
    if (goes_on)
    {
      size_t behind = have - (size_t) (end + 4 - head);
      memcpy(buffer, end + 4, behind);
      goes_on = serve_request(fd, head, buffer, behind);
    }
  }
  free(buffer);
  close(fd);
  return NULL;
}

/* A peer that is gone without a word is noticed in some seconds. */
static void set_options(int fd)
{
  static const int on = 1;
  static const int idle_s = 2;
  static const int interval_s = 1;
  static const int count = 3;
  if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) != 0 ||
      setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof(idle_s)) != 0 ||
      setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof(interval_s)) != 0 ||
      setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count)) != 0)
    perror("transfer: keep-alive");
}

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
    perror("transfer: port");
    exit(EXIT_FAILURE);
  }
  return fd;
}

int main(int argc, char **argv)
{
  static uint64_t buffer[BUFFER_BYTES / 8];
  pthread_attr_t attributes;
  pthread_t thread;
  if (argc == 2 && argv[1][0] == '-')
    return give(STDOUT_FILENO, buffer, strtoull(argv[1] + 1, NULL, 10)) ? 0 : 1;
  if (argc != 2)
    return 2;
  signal(SIGPIPE, SIG_IGN);
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  int listener = listen_at((in_port_t) strtol(argv[1], NULL, 10));
  printf("transfer: at port %s\n", argv[1]);
  fflush(stdout);
  for (;;)
  {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0)
      continue;
    set_options(fd);
    if (pthread_create(&thread, &attributes, serve, (void *) (intptr_t) fd) != 0)
      close(fd);
  }
}
