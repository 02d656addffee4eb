/* Streams in small pieces: no byte is lost or changes its place, however they are put together and
 * read, and who leaves them unread does not pay many times their size. */
#include <stdio.h>

#include "socket_check.h"

#define UNREAD_BYTES 200000
#define STREAM_BYTES 1500000
#define MOST_KIB     8192

static unsigned char byte_at(size_t place)
{
  return (unsigned char) (place * 31 + place / 251);
}

static long free_kib(void)
{
  char line[128];
  long kib = 0;
  FILE *memory = fopen("/proc/meminfo", "r");
  while (memory != NULL && fgets(line, sizeof(line), memory) != NULL)
    sscanf(line, "MemFree: %ld kB", &kib);
  if (memory != NULL)
    fclose(memory);
  return kib;
}

/* How many of the bytes differ from those that belong there. */
static size_t differences(const unsigned char *bytes, size_t count, size_t place)
{
  size_t differ = 0;
  for (size_t i = 0; i < count; i++)
    differ += bytes[i] != byte_at(place + i);
  return differ;
}

static void test_unread(void)
{
  static unsigned char bytes[UNREAD_BYTES];
  int ends[2];
  make_connection(AF_INET, ends);
  GIVES(set_int(ends[0], IPPROTO_TCP, TCP_NODELAY, 1), 0);
  long before_kib = free_kib();
  size_t sent = 0;
  for (; sent < UNREAD_BYTES; sent++)
  {
    unsigned char byte = byte_at(sent);
    if (send(ends[0], &byte, 1, 0) != 1)
      break;
  }
  CHECK(sent == UNREAD_BYTES);
#ifdef __uhyve__ /* elsewhere that is the memory of others, too */
  CHECK(before_kib - free_kib() < MOST_KIB);
#else
  (void) before_kib;
#endif
  GIVES(recv(ends[1], bytes, UNREAD_BYTES, MSG_WAITALL), UNREAD_BYTES);
  CHECK(differences(bytes, UNREAD_BYTES, 0) == 0);
  close(ends[0]);
  close(ends[1]);
}

static uint32_t next_random(uint32_t *state)
{
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

/* Pieces around the size from which on they are left alone, most of them small. */
static void *send_pieces(void *fd)
{
  uint32_t state = 1;
  unsigned char bytes[1500];
  for (size_t place = 0; place < STREAM_BYTES;)
  {
    size_t count = 1 + next_random(&state) % (next_random(&state) % 8 == 0 ? 1500 : 60);
    if (count > STREAM_BYTES - place)
      count = STREAM_BYTES - place;
    for (size_t i = 0; i < count; i++)
      bytes[i] = byte_at(place + i);
    if (!GIVES(send(*(int *) fd, bytes, count, 0), count))
      break;
    place += count;
  }
  shutdown(*(int *) fd, SHUT_WR);
  return NULL;
}

static void test_stream(void)
{
  static unsigned char bytes[9000];
  int ends[2];
  pthread_t thread;
  uint32_t state = 2;
  size_t place = 0, differ = 0;
  make_connection(AF_INET6, ends);
  GIVES(set_int(ends[0], IPPROTO_TCP, TCP_NODELAY, 1), 0);
  GIVES(pthread_create(&thread, NULL, send_pieces, &ends[0]), 0);
  for (;;)
  {
    size_t wish = 1 + next_random(&state) % (next_random(&state) % 4 == 0 ? sizeof(bytes) : 100);
    bool looks = next_random(&state) % 4 == 0;
    ssize_t got = recv(ends[1], bytes, wish, looks ? MSG_PEEK : 0);
    if (got <= 0)
    {
      CHECK(got == 0);
      break;
    }
    differ += differences(bytes, (size_t) got, place);
    if (!looks)
      place += (size_t) got;
  }
  pthread_join(thread, NULL);
  CHECK(place == STREAM_BYTES && differ == 0);
  close(ends[0]);
  close(ends[1]);
}

int main(void)
{
  test_unread();
  test_stream();
  return check_finish();
}
