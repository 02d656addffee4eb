/* Calls that wait: woken by the other side, by time, by signals, by cancellation; much data both
 * ways. */
#include "socket_check.h"

#define STREAM_BYTES (8u << 20)

/* So many signals end no call that goes on. */
#define ENOUGH_SIGNALS 5

static int ends[2];
static int listener;

static void *send_soon(void *unused)
{
  usleep(20000);
  GIVES(send(ends[0], "x", 1, MSG_NOSIGNAL), 1);
  return unused;
}

/* Waits for it. */
static void receive_byte(void)
{
  char buffer[10];
  pthread_t other;
  CHECK(pthread_create(&other, NULL, send_soon, NULL) == 0);
  GIVES(recv(ends[1], buffer, 10, 0), 1);
  pthread_join(other, NULL);
}

static void *send_after_signals(void *sender)
{
  while (handled < ENOUGH_SIGNALS)
    usleep(1000);
  GIVES(send(ends[0], "x", 1, MSG_NOSIGNAL), 1);
  return sender;
}

enum call
{
  RECV,
  READ,
  READV,
  WRITE,
  WRITEV
};

/* What has been taken before a signal is told first. Nobody reads, so that ends. */
static ssize_t write_all(enum call call)
{
  static char much[1 << 20];
  struct iovec piece = {.iov_base = much, .iov_len = sizeof(much)};
  ssize_t result;
  do
    result = call == WRITE ? write(ends[1], much, sizeof(much)) : writev(ends[1], &piece, 1);
  while (result > 0);
  return result;
}

static ssize_t wait_in(enum call call)
{
  char buffer[10];
  struct iovec piece = {.iov_base = buffer, .iov_len = sizeof(buffer)};
  switch (call)
  {
  case RECV:
    return recv(ends[1], buffer, sizeof(buffer), 0);
  case READ:
    return read(ends[1], buffer, sizeof(buffer));
  case READV:
    return readv(ends[1], &piece, 1);
  default:
    return write_all(call);
  }
}

static void is_interrupted(enum call call, int flags)
{
  struct sender sender;
  set_handler(flags);
  pthread_t thread = begin_signals(&sender, SIGUSR1);
  if (!FAILS(wait_in(call), EINTR))
    fprintf(stderr, "  call %d\n", (int) call);
  CHECK(handled >= 1);
  end_signals(&sender, thread);
}

static void goes_on(void)
{
  char buffer[10];
  struct sender sender;
  pthread_t other;
  set_handler(SA_RESTART);
  pthread_t thread = begin_signals(&sender, SIGUSR1);
  CHECK(pthread_create(&other, NULL, send_after_signals, NULL) == 0);
  GIVES(recv(ends[1], buffer, 10, 0), 1);
  CHECK(handled >= ENOUGH_SIGNALS);
  pthread_join(other, NULL);
  end_signals(&sender, thread);
}

static void test_signals(void)
{
  struct timeval wait = {.tv_sec = 5};
  make_connection(AF_INET, ends);
  is_interrupted(RECV, 0);
  receive_byte();
  goes_on();
  /* With a timeout no call begins again, by whatever name. */
  setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
  setsockopt(ends[1], SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
  set_int(ends[1], SOL_SOCKET, SO_SNDBUF, 1 << 16);
  for (enum call call = RECV; call <= READV; call++)
  {
    is_interrupted(call, SA_RESTART);
    receive_byte();
  }
  is_interrupted(WRITE, SA_RESTART);
  is_interrupted(WRITEV, SA_RESTART);
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
  size_t sent = 0;
  ssize_t result;
  begin = milliseconds();
  while ((result = send(ends[0], much, sizeof(much), 0)) > 0)
    sent += (size_t) result;
  CHECK(result == -1 && errno == EAGAIN && sent > 0);
  CHECK(milliseconds() - begin >= 45);
  sent += fill(ends[0]);
  wait.tv_sec = 10;
  GIVES(setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)), 0);
  while (sent > 0 && (result = recv(ends[1], much, sizeof(much), 0)) > 0)
    sent -= (size_t) result;
  CHECK(sent == 0);
  CHECK(wait_for_events(ends[0], POLLOUT) == POLLOUT);
  close(ends[0]);
  close(ends[1]);
  wait.tv_sec = 0;
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
