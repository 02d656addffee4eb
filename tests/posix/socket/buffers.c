/* How much connections keep: SO_SNDBUF, SO_RCVLOWAT, and what is looked at before it is all there.
 */
#include "socket_check.h"

#define STREAM_BYTES (8u << 20)

static int ends[2];

static void *send_all(void *result)
{
  static char buffer[1 << 20];
  size_t done = 0;
  ssize_t sent = 1;
  while (done < STREAM_BYTES && sent > 0)
  {
    sent = send(ends[0], buffer, sizeof(buffer), 0);
    done += sent > 0 ? (size_t) sent : 0;
  }
  *(size_t *) result = done;
  shutdown(ends[0], SHUT_WR);
  return sent > 0 ? NULL : strerror(errno);
}

/* More than the stack takes is asked for: sending goes on when the other side reads again. */
static void test_large_send_buffer(void)
{
  static char buffer[1 << 16];
  pthread_t other;
  void *failure;
  size_t sent = 0;
  size_t received = 0;
  ssize_t result;
  make_connection(AF_INET, ends);
  GIVES(set_int(ends[0], SOL_SOCKET, SO_SNDBUF, 4 << 20), 0);
  GIVES(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
  while ((result = send(ends[0], buffer, sizeof(buffer), 0)) > 0)
    sent += (size_t) result;
  CHECK(result == -1 && errno == EAGAIN);
  CHECK((events_of(ends[0], POLLOUT) & POLLOUT) == 0);
  for (received = 0; received < sent; received += (size_t) result)
    if ((result = recv(ends[1], buffer, sizeof(buffer), 0)) <= 0)
      break;
  GIVES(received, sent);
  GIVES(fcntl(ends[0], F_SETFL, 0), 0);
  CHECK(pthread_create(&other, NULL, send_all, &sent) == 0);
  usleep(200000);
  for (received = 0; (result = recv(ends[1], buffer, sizeof(buffer), 0)) > 0;)
    received += (size_t) result;
  pthread_join(other, &failure);
  if (!CHECK(failure == NULL))
    fprintf(stderr, "  send: %s\n", (const char *) failure);
  CHECK(sent == STREAM_BYTES && received == STREAM_BYTES);
  close(ends[0]);
  close(ends[1]);
}

int main(void)
{
  test_large_send_buffer();
  return check_finish();
}
