/* Streams between local sockets: bytes, limits, ends, waiting. */
#include "unix_check.h"

static char bytes[1 << 20];
static char back[1 << 20];

static void both_ways(void)
{
  int fds[2];
  struct sockaddr_un name;
  socklen_t room = sizeof(name);
  struct stat one, other;
  pair(fds, SOCK_STREAM | SOCK_CLOEXEC);
  CHECK(fcntl(fds[1], F_GETFD) == FD_CLOEXEC && fcntl(fds[1], F_GETFL) == O_RDWR);
  CHECK(fstat(fds[0], &one) == 0 && fstat(fds[1], &other) == 0 && one.st_ino != other.st_ino);
  CHECK(write(fds[0], "abc", 3) == 3 && send(fds[0], "def", 3, 0) == 3);
  CHECK(write(fds[1], "xyz", 3) == 3);
  CHECK(read(fds[1], back, 4) == 4 && memcmp(back, "abcd", 4) == 0);
  CHECK(recv(fds[1], back, 4, 0) == 2 && memcmp(back, "ef", 2) == 0);
  CHECK(recvfrom(fds[0], back, 10, 0, (struct sockaddr *) &name, &room) == 3 && room == 0);
  FAILS(recv(fds[0], back, 1, MSG_DONTWAIT), EAGAIN);
  CHECK(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0);
  FAILS(read(fds[0], back, 1), EAGAIN);
  CHECK(send(fds[0], "", 0, 0) == 0);
  FAILS(recv(fds[1], back, 1, MSG_DONTWAIT), EAGAIN);
  FAILS(send(fds[0], nowhere(), 10, 0), EFAULT);
  CHECK(send(fds[1], "a", 1, 0) == 1);
  FAILS(recv(fds[0], nowhere(), 10, 0), EFAULT);
  room = path_name(&name, "/tmp/none");
  FAILS(sendto(fds[0], "a", 1, 0, (struct sockaddr *) &name, room), EISCONN);
  CHECK(getpeername(fds[0], (struct sockaddr *) &name, &room) == 0 && room == 2);
  close_both(fds);
  int fd = new_socket(SOCK_STREAM);
  FAILS(send(fd, "a", 1, MSG_NOSIGNAL), ENOTCONN);
  FAILS(recv(fd, back, 1, 0), EINVAL);
  FAILS(sendto(fd, "a", 1, 0, (struct sockaddr *) &name, room), EOPNOTSUPP);
  CHECK(events_of(fd) == (WRITABLE | POLLHUP));
  CHECK(close(fd) == 0);
}

static void flags(void)
{
  int fds[2];
  int count = -1;
  pair(fds, SOCK_STREAM);
  CHECK(send(fds[0], "abc", 3, 0) == 3 && send(fds[0], "def", 3, 0) == 3);
  CHECK(recv(fds[1], back, 10, MSG_PEEK) == 6 && memcmp(back, "abcdef", 6) == 0);
  CHECK(recv(fds[1], back, 2, MSG_PEEK) == 2);
  CHECK(ioctl(fds[1], FIONREAD, &count) == 0 && count == 6);
  CHECK(ioctl(fds[0], TIOCOUTQ, &count) == 0 && count > 0);
  FAILS(ioctl(fds[0], TCGETS, back), ENOTTY);
  CHECK(recv(fds[1], back, 5, 0) == 5 && memcmp(back, "abcde", 5) == 0);
  CHECK(ioctl(fds[1], FIONREAD, &count) == 0 && count == 1);
  CHECK(recv(fds[1], back, 5, 0) == 1);
  CHECK(ioctl(fds[0], TIOCOUTQ, &count) == 0 && count == 0);
  const struct iovec out[] = {{(char *) "ab", 2}, {(char *) "", 0}, {(char *) "cdef", 4}};
  struct iovec in[] = {{back, 3}, {back + 10, 10}};
  CHECK(writev(fds[0], out, 3) == 6);
  CHECK(readv(fds[1], in, 2) == 6 && memcmp(back, "abc", 3) == 0 &&
        memcmp(back + 10, "def", 3) == 0);
  close_both(fds);
}

static void limits(void)
{
  int fds[2];
  size_t sent = 0;
  size_t got = 0;
  for (size_t i = 0; i < sizeof(bytes); i++)
    bytes[i] = (char) (i * 7 + i / 300);
  pair(fds, SOCK_STREAM | SOCK_NONBLOCK);
  CHECK(events_of(fds[0]) == WRITABLE);
  for (;;)
  {
    ssize_t count = write(fds[0], bytes + sent, sizeof(bytes) - sent);
    if (count < 0)
      break;
    sent += (size_t) count;
  }
  CHECK(errno == EAGAIN && sent > 65536 && sent < sizeof(bytes));
  CHECK(events_of(fds[0]) == 0);
  CHECK(events_of(fds[1]) == (READABLE | WRITABLE));
  struct timeval soon = {.tv_usec = 5000};
  CHECK(fcntl(fds[0], F_SETFL, 0) == 0);
  CHECK(setsockopt(fds[0], SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon)) == 0);
  FAILS(write(fds[0], bytes, 1), EAGAIN);
  while (got < sent)
  {
    ssize_t count = read(fds[1], back + got, 5000);
    if (!CHECK(count > 0))
      break;
    got += (size_t) count;
  }
  CHECK(memcmp(bytes, back, sent) == 0);
  CHECK(events_of(fds[0]) == WRITABLE);
  CHECK(fcntl(fds[1], F_SETFL, 0) == 0);
  CHECK(setsockopt(fds[1], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)) == 0);
  uint64_t begin_ns = now_ns();
  FAILS(read(fds[1], back, 1), EAGAIN);
  CHECK(now_ns() - begin_ns >= 4000000);
  close_both(fds);
}

static void buffers(void)
{
  int fds[2];
  int size = 10000;
  pair(fds, SOCK_STREAM | SOCK_NONBLOCK);
  CHECK(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
  CHECK(number_option(fds[0], SO_SNDBUF) == 20000);
  CHECK(setsockopt(fds[0], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == 0);
  CHECK(number_option(fds[0], SO_RCVBUF) == 20000);
  ssize_t sent = write(fds[0], bytes, sizeof(bytes));
  CHECK(sent >= 5000 && sent <= 40000);
  size = 1;
  CHECK(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
  CHECK(number_option(fds[0], SO_SNDBUF) >= 2048);
  CHECK(setsockopt(fds[0], SOL_SOCKET, SO_KEEPALIVE, &size, sizeof(size)) == 0);
  CHECK(number_option(fds[0], SO_KEEPALIVE) == 1);
  FAILS(setsockopt(fds[0], SOL_SOCKET, 9999, &size, sizeof(size)), ENOPROTOOPT);
  FAILS(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, 2), EINVAL);
  close_both(fds);
}

/* ---- Ends ---- */

static void one_way_is_shut(void)
{
  int fds[2];
  pair(fds, SOCK_STREAM);
  FAILS(shutdown(fds[0], 3), EINVAL);
  CHECK(send(fds[0], "last", 4, 0) == 4);
  CHECK(shutdown(fds[0], SHUT_WR) == 0);
  FAILS(send(fds[0], "x", 1, MSG_NOSIGNAL), EPIPE);
  CHECK(events_of(fds[1]) == (READABLE | WRITABLE | POLLRDHUP));
  CHECK(recv(fds[1], back, 10, 0) == 4);
  CHECK(recv(fds[1], back, 10, 0) == 0);
  CHECK(recv(fds[1], back, 10, MSG_DONTWAIT) == 0);
  CHECK(send(fds[1], "back", 4, 0) == 4);
  CHECK(recv(fds[0], back, 10, 0) == 4);
  CHECK(shutdown(fds[1], SHUT_WR) == 0);
  CHECK(events_of(fds[0]) == (READABLE | WRITABLE | POLLRDHUP | POLLHUP));
  close_both(fds);
  pair(fds, SOCK_STREAM);
  CHECK(shutdown(fds[0], SHUT_RD) == 0);
  CHECK(recv(fds[0], back, 1, 0) == 0);
  FAILS(send(fds[1], "x", 1, MSG_NOSIGNAL), EPIPE);
  close_both(fds);
}

static void closing(void)
{
  int fds[2];
  handle(SIGPIPE, 0);
  handled = 0;
  pair(fds, SOCK_STREAM);
  CHECK(send(fds[0], "last", 4, 0) == 4);
  CHECK(close(fds[0]) == 0);
  CHECK(events_of(fds[1]) == (READABLE | WRITABLE | POLLRDHUP | POLLHUP));
  FAILS(send(fds[1], "x", 1, MSG_NOSIGNAL), EPIPE);
  CHECK(handled == 0);
  FAILS(send(fds[1], "x", 1, 0), EPIPE);
  FAILS(write(fds[1], "x", 1), EPIPE);
  CHECK(handled == 2);
  CHECK(recv(fds[1], back, 10, 0) == 4);
  CHECK(recv(fds[1], back, 10, 0) == 0);
  CHECK(close(fds[1]) == 0);
  /* What was not received is a reset. */
  pair(fds, SOCK_STREAM);
  CHECK(send(fds[1], "lost", 4, 0) == 4);
  CHECK(close(fds[0]) == 0);
  CHECK((events_of(fds[1]) & POLLERR) != 0);
  FAILS(recv(fds[1], back, 10, 0), ECONNRESET);
  CHECK(recv(fds[1], back, 10, 0) == 0);
  CHECK(close(fds[1]) == 0);
  /* As long as there is a copy, it is not over. */
  pair(fds, SOCK_STREAM);
  int copy = dup(fds[0]);
  CHECK(close(fds[0]) == 0);
  CHECK(send(copy, "y", 1, 0) == 1 && recv(fds[1], back, 1, 0) == 1);
  CHECK(close(copy) == 0);
  CHECK(recv(fds[1], back, 1, 0) == 0);
  CHECK(close(fds[1]) == 0);
  signal(SIGPIPE, SIG_DFL);
}

/* ---- Waiting ---- */

static int shared[2];

static void *send_all(void *argument)
{
  (void) argument;
  return (void *) send(shared[0], bytes, sizeof(bytes), MSG_NOSIGNAL);
}

static void a_large_one_waits(void)
{
  pthread_t thread;
  void *sent;
  pair(shared, SOCK_STREAM);
  CHECK(pthread_create(&thread, NULL, send_all, NULL) == 0);
  CHECK(recv(shared[1], back, sizeof(back), MSG_WAITALL) == (ssize_t) sizeof(back));
  CHECK(pthread_join(thread, &sent) == 0 && (size_t) sent == sizeof(bytes));
  CHECK(memcmp(bytes, back, sizeof(bytes)) == 0);
  /* Part of it counts when the other end goes. */
  CHECK(pthread_create(&thread, NULL, send_all, NULL) == 0);
  while ((events_of(shared[0]) & POLLOUT) != 0)
    sleep_ms(1);
  CHECK(close(shared[1]) == 0);
  CHECK(pthread_join(thread, &sent) == 0);
  CHECK((ssize_t) sent > 0 && (size_t) sent < sizeof(bytes));
  CHECK(close(shared[0]) == 0);
}

static void *receive_one(void *argument)
{
  char byte;
  (void) argument;
  return (void *) recv(shared[1], &byte, 1, 0);
}

static void ends_wake(void)
{
  pthread_t threads[3];
  void *got;
  pair(shared, SOCK_STREAM);
  for (int i = 0; i < 3; i++)
    CHECK(pthread_create(&threads[i], NULL, receive_one, NULL) == 0);
  sleep_ms(5);
  CHECK(send(shared[0], "ab", 2, 0) == 2);
  CHECK(shutdown(shared[0], SHUT_WR) == 0);
  ssize_t sum = 0;
  for (int i = 0; i < 3; i++)
  {
    CHECK(pthread_join(threads[i], &got) == 0);
    sum += (ssize_t) got;
  }
  CHECK(sum == 2);
  close_both(shared);
}

static void signals(void)
{
  struct sender sender;
  pair(shared, SOCK_STREAM);
  handle(SIGUSR1, 0);
  handled = 0;
  pthread_t thread = begin_signals(&sender, SIGUSR1);
  FAILS(recv(shared[0], back, 1, 0), EINTR);
  ssize_t sent = send(shared[0], bytes, sizeof(bytes), 0);
  CHECK(sent > 0 && sent < (ssize_t) sizeof(bytes));
  FAILS(send(shared[0], bytes, 1, 0), EINTR);
  end_signals(&sender, thread);
  /* With a timeout SA_RESTART does not count. */
  struct timeval late = {.tv_sec = 100};
  handle(SIGUSR1, SA_RESTART);
  CHECK(setsockopt(shared[0], SOL_SOCKET, SO_RCVTIMEO, &late, sizeof(late)) == 0);
  thread = begin_signals(&sender, SIGUSR1);
  FAILS(recv(shared[0], back, 1, 0), EINTR);
  end_signals(&sender, thread);
  close_both(shared);
}

static void cancellation(void)
{
  pthread_t thread;
  void *result;
  pair(shared, SOCK_STREAM);
  CHECK(pthread_create(&thread, NULL, receive_one, NULL) == 0);
  sleep_ms(2);
  CHECK(pthread_cancel(thread) == 0);
  CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
  CHECK(send(shared[0], "a", 1, 0) == 1 && recv(shared[1], back, 1, 0) == 1);
  close_both(shared);
}

int main(void)
{
  both_ways();
  flags();
  limits();
  buffers();
  one_way_is_shut();
  closing();
  a_large_one_waits();
  ends_wake();
  signals();
  cancellation();
  return check_finish();
}
