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
  sent = fill(ends[0]);
  for (received = 0; received < sent; received += (size_t) result)
    if ((result = recv(ends[1], buffer, sizeof(buffer), 0)) <= 0)
      break;
  GIVES(received, sent);
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

/* Who looks at more than there is gets what is there when time is over, or a handler has run. */
static void test_looking(void)
{
  char buffer[10];
  struct sender sender;
  struct timeval wait = {.tv_usec = 50000};
  make_connection(AF_INET, ends);
  GIVES(send(ends[0], "abc", 3, 0), 3);
  CHECK(wait_for_events(ends[1], POLLIN) == POLLIN);
  set_handler(0);
  pthread_t thread = begin_signals(&sender, SIGUSR1);
  GIVES(recv(ends[1], buffer, 10, MSG_PEEK | MSG_WAITALL), 3);
  CHECK(handled >= 1);
  end_signals(&sender, thread);
  GIVES(setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
  GIVES(recv(ends[1], buffer, 10, MSG_PEEK | MSG_WAITALL), 3);
  GIVES(recv(ends[1], buffer, 10, MSG_WAITALL), 3);
  FAILS(recv(ends[1], buffer, 10, MSG_PEEK | MSG_WAITALL), EAGAIN);
  close(ends[0]);
  close(ends[1]);
}

/* More than ever comes before somebody reads is not waited for. */
static void test_least(void)
{
  static char buffer[1 << 16];
  make_connection(AF_INET, ends);
  GIVES(set_int(ends[1], SOL_SOCKET, SO_RCVLOWAT, 1 << 30), 0);
  CHECK(get_int(ends[1], SOL_SOCKET, SO_RCVLOWAT) < 1 << 30);
  GIVES(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
  struct pollfd polled[2] = {{.fd = ends[0], .events = POLLOUT}, {.fd = ends[1], .events = POLLIN}};
  do
    (void) send(ends[0], buffer, sizeof(buffer), 0);
  while (poll(polled, 2, 2000) > 0 && polled[1].revents == 0);
  GIVES(polled[1].revents, POLLIN);
  close(ends[0]);
  close(ends[1]);
}

/* Nobody reads, so nothing more is acknowledged. */
static void test_user_timeout(void)
{
  static char buffer[1 << 16];
  make_connection(AF_INET, ends);
  GIVES(set_int(ends[0], IPPROTO_TCP, TCP_USER_TIMEOUT, 1000), 0);
  GIVES(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
  struct pollfd polled = {.fd = ends[0], .events = POLLOUT};
  long begin = milliseconds();
  do
    (void) send(ends[0], buffer, sizeof(buffer), MSG_NOSIGNAL);
  while (poll(&polled, 1, 10000) == 1 && (polled.revents & POLLERR) == 0);
  CHECK((polled.revents & (POLLERR | POLLHUP)) == (POLLERR | POLLHUP));
  GIVES(get_int(ends[0], SOL_SOCKET, SO_ERROR), ETIMEDOUT);
  CHECK(milliseconds() - begin >= 900);
  close(ends[0]);
  close(ends[1]);
  /* One that is idle stands. What is sent is acknowledged at once, by an answer: otherwise the
   * stack would do that after a while, and on a busy host after the timeout. */
  make_connection(AF_INET, ends);
  GIVES(set_int(ends[0], IPPROTO_TCP, TCP_USER_TIMEOUT, 1000), 0);
  for (int i = 0; i < 2; i++)
  {
    GIVES(send(ends[0], "x", 1, 0), 1);
    GIVES(send(ends[1], "y", 1, 0), 1);
    usleep(1500000);
  }
  GIVES(recv(ends[0], buffer, 10, 0), 2);
  GIVES(recv(ends[1], buffer, 10, 0), 2);
  close(ends[0]);
  close(ends[1]);
}

int main(void)
{
  test_user_timeout();
  test_looking();
  test_least();
  test_large_send_buffer();
  return check_finish();
}
