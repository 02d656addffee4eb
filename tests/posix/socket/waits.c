/* Calls that wait: woken by the other side, by time, by signals, by cancellation; much data both
 * ways. */
#include "socket_check.h"

#define STREAM_BYTES (8u << 20)

static volatile sig_atomic_t handled;

static void handle(int number)
{
  (void) number;
  handled = handled + 1;
}

static void set_handler(int flags)
{
  struct sigaction action = {.sa_handler = handle, .sa_flags = flags};
  sigaction(SIGUSR1, &action, NULL);
  handled = 0;
}

static int ends[2];
static int listener;

/* Sends a signal to the first thread, and some time after it a byte to its socket. */
static void *disturb(void *first)
{
  usleep(50000);
  pthread_kill(*(pthread_t *) first, SIGUSR1);
  usleep(100000);
  CHECK(send(ends[0], "x", 1, MSG_NOSIGNAL) == 1);
  return NULL;
}

/* Nobody reads. What has been sent arrives meanwhile, and may make room again. */
static void fill(int fd, const char *much, size_t len_bytes)
{
  struct pollfd polled = {.fd = fd, .events = POLLOUT};
  do
    while (send(fd, much, len_bytes, MSG_DONTWAIT) > 0)
      ;
  while (poll(&polled, 1, 100) == 1);
}

static void test_signals_while_writing(pthread_t *self)
{
  static char much[1 << 20];
  pthread_t other;
  struct timeval wait = {.tv_sec = 5};
  struct iovec piece = {.iov_base = much, .iov_len = sizeof(much)};
  setsockopt(ends[1], SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
  set_int(ends[1], SOL_SOCKET, SO_SNDBUF, 1 << 16);
  fill(ends[1], much, sizeof(much));
  pthread_create(&other, NULL, disturb, self);
  FAILS(write(ends[1], much, sizeof(much)), EINTR);
  pthread_join(other, NULL);
  fill(ends[1], much, sizeof(much));
  pthread_create(&other, NULL, disturb, self);
  FAILS(writev(ends[1], &piece, 1), EINTR);
  pthread_join(other, NULL);
}

static void test_signals(void)
{
  char buffer[10];
  pthread_t self = pthread_self();
  pthread_t other;
  struct timeval wait = {.tv_sec = 5};
  make_connection(AF_INET, ends);
  set_handler(0);
  pthread_create(&other, NULL, disturb, &self);
  FAILS(recv(ends[1], buffer, 10, 0), EINTR);
  CHECK(handled == 1);
  GIVES(recv(ends[1], buffer, 10, 0), 1);
  pthread_join(other, NULL);
  set_handler(SA_RESTART);
  pthread_create(&other, NULL, disturb, &self);
  GIVES(recv(ends[1], buffer, 10, 0), 1);
  CHECK(handled == 1);
  pthread_join(other, NULL);
  /* With a timeout no call begins again, by whatever name. */
  setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
  set_handler(SA_RESTART);
  pthread_create(&other, NULL, disturb, &self);
  FAILS(recv(ends[1], buffer, 10, 0), EINTR);
  GIVES(recv(ends[1], buffer, 10, 0), 1);
  pthread_join(other, NULL);
  pthread_create(&other, NULL, disturb, &self);
  FAILS(read(ends[1], buffer, 10), EINTR);
  GIVES(read(ends[1], buffer, 10), 1);
  pthread_join(other, NULL);
  struct iovec piece = {.iov_base = buffer, .iov_len = 10};
  pthread_create(&other, NULL, disturb, &self);
  FAILS(readv(ends[1], &piece, 1), EINTR);
  GIVES(readv(ends[1], &piece, 1), 1);
  pthread_join(other, NULL);
  test_signals_while_writing(&self);
  close(ends[0]);
  close(ends[1]);
}

static void test_timeouts(void)
{
  char buffer[10];
  static char much[1 << 16];
  struct timeval wait = {.tv_usec = 100000};
  struct timeval found;
  socklen_t bytes = sizeof(found);
  make_connection(AF_INET, ends);
  GIVES(setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
  GIVES(getsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &found, &bytes), 0);
  CHECK(found.tv_sec == 0 && found.tv_usec == 100000 && bytes == sizeof(found));
  long begin = milliseconds();
  FAILS(recv(ends[1], buffer, 10, 0), EAGAIN);
  CHECK(milliseconds() - begin >= 95);
  wait.tv_usec = 1000000;
  FAILS(setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), EDOM);
  wait.tv_usec = 50000;
  GIVES(setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)), 0);
  long sent = 0;
  long result;
  while ((result = send(ends[0], much, sizeof(much), 0)) > 0)
    sent += result;
  CHECK(errno == EAGAIN && sent > 0);
  CHECK((events_of(ends[0], POLLOUT) & POLLOUT) == 0);
  FAILS(send(ends[0], "x", 1, MSG_DONTWAIT), EAGAIN);
  int reader = ends[1];
  while (sent > 0 && (result = recv(reader, much, sizeof(much), 0)) > 0)
    sent -= result;
  CHECK(sent == 0);
  CHECK(wait_for_events(ends[0], POLLOUT) == POLLOUT);
  close(ends[0]);
  close(ends[1]);
  int server = bound(AF_INET, SOCK_STREAM);
  GIVES(setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
  FAILS(accept(server, NULL, NULL), EAGAIN);
  close(server);
}

static void *receive_for_ever(void *unused)
{
  char buffer[10];
  (void) unused;
  recv(ends[1], buffer, 10, 0);
  return NULL;
}

static void *accept_for_ever(void *unused)
{
  (void) unused;
  return accept(listener, NULL, NULL) == -1 && errno == EINVAL ? &listener : NULL;
}

static void test_cancellation(void)
{
  pthread_t other;
  void *result;
  make_connection(AF_INET, ends);
  pthread_create(&other, NULL, receive_for_ever, NULL);
  usleep(30000);
  pthread_cancel(other);
  pthread_join(other, &result);
  CHECK(result == PTHREAD_CANCELED);
  close(ends[0]);
  close(ends[1]);
  listener = bound(AF_INET, SOCK_STREAM);
  pthread_create(&other, NULL, accept_for_ever, NULL);
  usleep(30000);
  pthread_cancel(other);
  pthread_join(other, &result);
  CHECK(result == PTHREAD_CANCELED);
  /* One that waits is told of the end. */
  pthread_create(&other, NULL, accept_for_ever, NULL);
  usleep(30000);
  GIVES(shutdown(listener, SHUT_RDWR), 0);
  pthread_join(other, &result);
  CHECK(result == &listener);
  close(listener);
}

static unsigned char byte_at(size_t offset)
{
  return (unsigned char) (offset * 31 + (offset >> 11));
}

static void *send_much(void *fd)
{
  static _Thread_local unsigned char buffer[50000];
  size_t done = 0;
  size_t step = 1;
  while (done < STREAM_BYTES)
  {
    size_t piece = STREAM_BYTES - done < step ? STREAM_BYTES - done : step;
    for (size_t i = 0; i < piece; i++)
      buffer[i] = byte_at(done + i);
    if (send(*(int *) fd, buffer, piece, 0) != (ssize_t) piece)
      break;
    done += piece;
    step = step * 7 % 49999 + 1;
  }
  shutdown(*(int *) fd, SHUT_WR);
  return done == STREAM_BYTES ? fd : NULL;
}

static void receive_much(int fd)
{
  static unsigned char buffer[30000];
  size_t done = 0;
  size_t wrong = 0;
  ssize_t count;
  while ((count = recv(fd, buffer, sizeof(buffer), 0)) > 0)
  {
    for (ssize_t i = 0; i < count; i++)
      wrong += buffer[i] != byte_at(done + (size_t) i);
    done += (size_t) count;
  }
  CHECK(count == 0 && done == STREAM_BYTES && wrong == 0);
}

static void test_much(int family)
{
  pthread_t other;
  void *result;
  make_connection(family, ends);
  pthread_create(&other, NULL, send_much, &ends[0]);
  receive_much(ends[1]);
  pthread_join(other, &result);
  CHECK(result == &ends[0]);
  close(ends[0]);
  close(ends[1]);
}

int main(void)
{
  test_signals();
  test_timeouts();
  test_cancellation();
  test_much(AF_INET);
  test_much(AF_INET6);
  return check_finish();
}
