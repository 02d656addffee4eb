/* Questions to servers of names: by datagrams, or by a connection for a reply that is cut off. */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "libc/names.h"

#define MS_PER_S  1000
#define NS_PER_MS 1000000
#define TRUNCATED 0x02 /* in the header's third byte */

static long now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

/* A socket that is connected to the server, or -1. */
static int open_to(const struct sockaddr_storage *server, int type)
{
  int fd = socket(server->ss_family, type | SOCK_CLOEXEC, 0);
  socklen_t len_bytes =
      server->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
  if (fd >= 0 && connect(fd, (const struct sockaddr *) server, len_bytes) != 0)
  {
    close(fd);
    fd = -1;
  }
  return fd;
}

/* Whether it answers this question: number, and the question itself. */
static bool is_reply(const unsigned char *reply, ssize_t reply_bytes, const unsigned char *question,
                     size_t question_bytes)
{
  return reply_bytes >= (ssize_t) question_bytes && memcmp(reply, question, 2) == 0 &&
         (reply[2] & 0x80) != 0 && memcmp(reply + 4, question + 4, 2) == 0 &&
         memcmp(reply + 12, question + 12, question_bytes - 12) == 0;
}

/* The reply's length; 0: none in time. */
static int receive_datagram(int fd, long deadline_ms, const unsigned char *question,
                            size_t question_bytes, unsigned char reply[DNS_REPLY_BYTES])
{
  for (;;)
  {
    long left_ms = deadline_ms - now_ms();
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    int ready = left_ms <= 0 ? 0 : poll(&polled, 1, (int) left_ms);
    if (ready < 0 && errno == EINTR)
      continue;
    if (ready <= 0)
      return 0;
    ssize_t reply_bytes = recv(fd, reply, DNS_REPLY_BYTES, 0);
    if (reply_bytes < 0)
      return 0;
    if (is_reply(reply, reply_bytes, question, question_bytes))
      return (int) reply_bytes;
  }
}

static bool receive_all(int fd, void *bytes, size_t len_bytes)
{
  return recv(fd, bytes, len_bytes, MSG_WAITALL) == (ssize_t) len_bytes;
}

static int ask_by_stream(const struct sockaddr_storage *server, int wait_s,
                         const unsigned char *question, size_t question_bytes,
                         unsigned char reply[DNS_REPLY_BYTES])
{
  const struct timeval wait = {.tv_sec = wait_s};
  unsigned char length[2] = {(unsigned char) (question_bytes >> 8), (unsigned char) question_bytes};
  int fd = open_to(server, SOCK_STREAM);
  if (fd < 0)
    return 0;
  size_t reply_bytes = 0;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
  if (send(fd, length, sizeof(length), MSG_NOSIGNAL | MSG_MORE) == sizeof(length) &&
      send(fd, question, question_bytes, MSG_NOSIGNAL) == (ssize_t) question_bytes &&
      receive_all(fd, length, sizeof(length)))
  {
    reply_bytes = (size_t) length[0] << 8 | length[1];
    if (reply_bytes > DNS_REPLY_BYTES)
      reply_bytes = DNS_REPLY_BYTES;
    if (!receive_all(fd, reply, reply_bytes) ||
        !is_reply(reply, (ssize_t) reply_bytes, question, question_bytes))
      reply_bytes = 0;
  }
  close(fd);
  return (int) reply_bytes;
}

static int ask(const struct sockaddr_storage *server, int wait_s, const unsigned char *question,
               size_t question_bytes, unsigned char reply[DNS_REPLY_BYTES])
{
  int reply_bytes = 0;
  int fd = open_to(server, SOCK_DGRAM);
  if (fd < 0)
    return 0;
  if (send(fd, question, question_bytes, MSG_NOSIGNAL) == (ssize_t) question_bytes)
    reply_bytes = receive_datagram(fd, now_ms() + (int64_t) wait_s * MS_PER_S, question,
                                   question_bytes, reply);
  close(fd);
  if (reply_bytes > 0 && (reply[2] & TRUNCATED) != 0)
    reply_bytes = ask_by_stream(server, wait_s, question, question_bytes, reply);
  return reply_bytes;
}

int dns_exchange(const struct names_config *config, const unsigned char *question,
                 size_t question_bytes, unsigned char reply[DNS_REPLY_BYTES])
{
  for (int attempt = 0; attempt < config->attempts; attempt++)
    for (int i = 0; i < config->server_count; i++)
    {
      int reply_bytes = ask(&config->servers[i], config->wait_s, question, question_bytes, reply);
      /* A server that failed may have another one that knows. */
      if (reply_bytes > 0 && ((reply[3] & 0xf) == 0 || (reply[3] & 0xf) == 3))
        return reply_bytes;
    }
  return EAI_AGAIN;
}
