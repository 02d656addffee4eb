/* What a name server says of other names than the one it was asked for does not count, and who asks
 * does so from ports that cannot be guessed. The server is a thread of this program. */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "socket_check.h"

#define HEADER_BYTES 12
#define QUESTIONS    24
#define A            1
#define ALIAS        5

struct reply
{
  unsigned char bytes[512];
  size_t len_bytes;
  unsigned int answers;
};

static unsigned int ports[QUESTIONS];

static void put_name(struct reply *reply, const char *name)
{
  while (*name != '\0')
  {
    size_t len = strcspn(name, ".");
    reply->bytes[reply->len_bytes++] = (unsigned char) len;
    memcpy(reply->bytes + reply->len_bytes, name, len);
    reply->len_bytes += len;
    name += len + (name[len] == '.');
  }
  reply->bytes[reply->len_bytes++] = 0;
}

static void put_number(struct reply *reply, unsigned int number)
{
  reply->bytes[reply->len_bytes++] = (unsigned char) (number >> 8);
  reply->bytes[reply->len_bytes++] = (unsigned char) number;
}

/* An address, or the name that `owner` is an alias of. */
static void put_record(struct reply *reply, const char *owner, unsigned int type, const char *data)
{
  put_name(reply, owner);
  put_number(reply, type);
  put_number(reply, 1);
  put_number(reply, 0);
  put_number(reply, 60);
  size_t length_at = reply->len_bytes;
  put_number(reply, 0);
  if (type == ALIAS)
    put_name(reply, data);
  else
  {
    CHECK(inet_pton(AF_INET, data, reply->bytes + reply->len_bytes) == 1);
    reply->len_bytes += 4;
  }
  reply->bytes[length_at + 1] = (unsigned char) (reply->len_bytes - length_at - 2);
  reply->answers++;
}

static void *serve(void *argument)
{
  int fd = *(int *) argument;
  for (int i = 0; i < QUESTIONS; i++)
  {
    struct reply reply = {.answers = 0};
    struct sockaddr_in from;
    socklen_t from_bytes = sizeof(from);
    ssize_t question_bytes =
        recvfrom(fd, reply.bytes, sizeof(reply.bytes), 0, (struct sockaddr *) &from, &from_bytes);
    if (!CHECK(question_bytes > HEADER_BYTES && question_bytes < 128))
      return NULL;
    reply.len_bytes = (size_t) question_bytes;
    ports[i] = ntohs(from.sin_port);
    put_record(&reply, "other.test", A, "10.6.6.1");
    put_record(&reply, "Asked.TEST", ALIAS, "alias.test");
    put_record(&reply, "other.test", ALIAS, "another.test");
    put_record(&reply, "alias.test", A, "10.0.0.1");
    put_record(&reply, "asked.test", A, "10.6.6.2");
    put_record(&reply, "another.test", A, "10.6.6.3");
    put_record(&reply, "alias.test", A, "10.0.0.2");
    reply.bytes[2] = 0x81;
    reply.bytes[7] = (unsigned char) reply.answers;
    CHECK(sendto(fd, reply.bytes, reply.len_bytes, 0, (struct sockaddr *) &from, from_bytes) ==
          (ssize_t) reply.len_bytes);
  }
  return NULL;
}

static void ask(void)
{
  const struct addrinfo hints = {
      .ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME};
  const char *const expected[] = {"10.0.0.1", "10.0.0.2"};
  struct addrinfo *results = NULL;
  CHECK(getaddrinfo("asked.test", NULL, &hints, &results) == 0);
  if (CHECK(results != NULL && results->ai_canonname != NULL))
    CHECK(strcmp(results->ai_canonname, "alias.test") == 0);
  size_t count = 0;
  for (const struct addrinfo *at = results; at != NULL; at = at->ai_next, count++)
  {
    char text[INET_ADDRSTRLEN];
    const struct sockaddr_in *address = (const struct sockaddr_in *) at->ai_addr;
    CHECK(inet_ntop(AF_INET, &address->sin_addr, text, sizeof(text)) != NULL);
    CHECK(count < 2 && strcmp(text, expected[count]) == 0);
  }
  CHECK(count == 2);
  freeaddrinfo(results);
}

int main(void)
{
  GIVES(mkdir("/etc", 0755), 0);
  FILE *file = fopen("/etc/resolv.conf", "w");
  if (!CHECK(file != NULL && fputs("nameserver 127.0.0.1\n", file) >= 0 && fclose(file) == 0))
    return check_finish();
  const struct sockaddr_in here = {
      .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  GIVES(bind(fd, (const struct sockaddr *) &here, sizeof(here)), 0);
  pthread_t server;
  CHECK(pthread_create(&server, NULL, serve, &fd) == 0);
  for (int i = 0; i < QUESTIONS; i++)
    ask();
  CHECK(pthread_join(server, NULL) == 0);
  close(fd);
  /* Of 16384 ports, two in a row are seldom near. */
  int far = 0;
  for (int i = 1; i < QUESTIONS; i++)
    far += abs((int) ports[i] - (int) ports[i - 1]) > QUESTIONS;
  CHECK(far > QUESTIONS / 2);
  return check_finish();
}
