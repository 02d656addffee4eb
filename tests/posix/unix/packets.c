/* Datagrams and sequences of packets between local sockets. */
#include "unix_check.h"

static char bytes[300000];
static char back[300000];

static void whole(int type)
{
  int fds[2];
  int count = -1;
  pair(fds, type);
  CHECK(send(fds[0], "abc", 3, 0) == 3 && send(fds[0], "defgh", 5, 0) == 5);
  CHECK(send(fds[0], "", 0, 0) == 0);
  CHECK(send(fds[0], "ij", 2, 0) == 2);
  CHECK(ioctl(fds[1], FIONREAD, &count) == 0 && count == (type == SOCK_DGRAM ? 3 : 10));
  CHECK(recv(fds[1], back, 10, MSG_PEEK) == 3);
  CHECK(recv(fds[1], back, 10, 0) == 3 && memcmp(back, "abc", 3) == 0);
  struct iovec vector = {back, 2};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
  CHECK(recvmsg(fds[1], &message, MSG_PEEK | MSG_TRUNC) == 5);
  CHECK(recvmsg(fds[1], &message, 0) == 2 && message.msg_flags == MSG_TRUNC);
  CHECK(recv(fds[1], back, 10, 0) == 0);
  CHECK(read(fds[1], back, 10) == 2);
  FAILS(recv(fds[1], back, 10, MSG_DONTWAIT), EAGAIN);
  FAILS(send(fds[0], nowhere(), 10, 0), EFAULT);
  FAILS(recv(fds[1], back, 10, MSG_DONTWAIT), EAGAIN);
  FAILS(send(fds[0], bytes, sizeof(bytes), 0), EMSGSIZE);
  CHECK(send(fds[0], bytes, 100000, 0) == 100000);
  CHECK(recv(fds[1], back, sizeof(back), 0) == 100000 && memcmp(bytes, back, 100000) == 0);
  const struct iovec pieces[] = {{bytes, 70000}, {bytes + 70000, 30000}};
  const struct iovec places[] = {{back, 10}, {back + 10, 200000}};
  memset(back, 1, 100000);
  CHECK(writev(fds[0], pieces, 2) == 100000);
  CHECK(readv(fds[1], places, 2) == 100000 && memcmp(bytes, back, 100000) == 0);
  /* As many as the sender may have under way. */
  int sent = 0;
  while (send(fds[0], bytes, 10000, MSG_DONTWAIT) == 10000)
    sent++;
  CHECK(errno == EAGAIN && sent >= 10 && sent <= 22);
  CHECK((events_of(fds[0]) & POLLOUT) == 0);
  for (int i = 0; i < sent; i++)
    CHECK(recv(fds[1], back, sizeof(back), MSG_DONTWAIT) == 10000);
  CHECK((events_of(fds[0]) & POLLOUT) != 0);
  close_both(fds);
}

static void connected_packets(void)
{
  int fds[2];
  char byte;
  int fd = new_socket(SOCK_SEQPACKET);
  FAILS(send(fd, "a", 1, 0), ENOTCONN);
  FAILS(recv(fd, &byte, 1, 0), ENOTCONN);
  CHECK(close(fd) == 0);
  int listener = bound(SOCK_SEQPACKET, "uhyve/packets");
  CHECK(listen(listener, 5) == 0);
  fds[0] = new_socket(SOCK_SEQPACKET);
  CHECK(connect_to(fds[0], "uhyve/packets") == 0);
  fds[1] = accept(listener, NULL, NULL);
  CHECK(send(fds[0], "abc", 3, 0) == 3 && send(fds[0], "de", 2, 0) == 2);
  CHECK(recv(fds[1], back, 10, 0) == 3);
  CHECK(shutdown(fds[0], SHUT_WR) == 0);
  FAILS(send(fds[0], "x", 1, MSG_NOSIGNAL), EPIPE);
  CHECK(recv(fds[1], back, 10, 0) == 2);
  CHECK(recv(fds[1], back, 10, 0) == 0);
  CHECK(recv(fds[1], back, 10, MSG_DONTWAIT) == 0);
  CHECK(close(fds[0]) == 0);
  CHECK((events_of(fds[1]) & (POLLHUP | POLLRDHUP)) == (POLLHUP | POLLRDHUP));
  /* Only streams send a signal. */
  const struct iovec vector = {back, 1};
  handle(SIGPIPE, 0);
  handled = 0;
  FAILS(send(fds[1], "x", 1, 0), EPIPE);
  FAILS(write(fds[1], "x", 1), EPIPE);
  FAILS(writev(fds[1], &vector, 1), EPIPE);
  CHECK(handled == 0);
  CHECK(close(fds[1]) == 0 && close(listener) == 0);
}

static ssize_t send_to(int fd, const char *text, const void *data, size_t size, int flags)
{
  struct sockaddr_un name;
  socklen_t len = abstract_name(&name, text);
  return sendto(fd, data, size, flags, (struct sockaddr *) &name, len);
}

static void names(void)
{
  struct sockaddr_un name;
  socklen_t room = sizeof(name);
  int one = bound(SOCK_DGRAM, "uhyve/one");
  int two = bound(SOCK_DGRAM, "uhyve/two");
  int none = new_socket(SOCK_DGRAM);
  FAILS(send(one, "x", 1, 0), ENOTCONN);
  FAILS(send_to(one, "uhyve/three", "x", 1, 0), ECONNREFUSED);
  CHECK(send_to(one, "uhyve/two", "abc", 3, 0) == 3);
  CHECK(send_to(none, "uhyve/two", "de", 2, 0) == 2);
  CHECK(recvfrom(two, back, 10, 0, (struct sockaddr *) &name, &room) == 3);
  CHECK(room == 2 + 1 + 9 && memcmp(name.sun_path + 1, "uhyve/one", 9) == 0);
  CHECK(sendto(two, "reply", 5, 0, (struct sockaddr *) &name, room) == 5);
  CHECK(recv(one, back, 10, 0) == 5);
  room = sizeof(name);
  CHECK(recvfrom(two, back, 10, 0, (struct sockaddr *) &name, &room) == 2 && room == 0);
  /* Who is connected hears from nobody else. */
  CHECK(connect_to(two, "uhyve/one") == 0);
  FAILS(send_to(none, "uhyve/two", "x", 1, 0), EPERM);
  FAILS(connect_to(none, "uhyve/two"), EPERM);
  CHECK(send(two, "x", 1, 0) == 1 && recv(one, back, 10, 0) == 1);
  room = sizeof(name);
  CHECK(getpeername(two, (struct sockaddr *) &name, &room) == 0 && room == 12);
  name.sun_family = AF_UNSPEC;
  CHECK(connect(two, (struct sockaddr *) &name, sizeof(name.sun_family)) == 0);
  FAILS(send(two, "x", 1, 0), ENOTCONN);
  CHECK(send_to(none, "uhyve/two", "x", 1, 0) == 1);
  /* To itself. */
  CHECK(send_to(one, "uhyve/one", "self", 4, 0) == 4 && recv(one, back, 10, 0) == 4);
  int stream = new_socket(SOCK_STREAM);
  /* Each kind has abstract names of its own. */
  FAILS(connect_to(stream, "uhyve/one"), ECONNREFUSED);
  int other = bound(SOCK_STREAM, "uhyve/one");
  CHECK(listen(other, 1) == 0 && connect_to(stream, "uhyve/one") == 0);
  CHECK(close(other) == 0);
  CHECK(close(stream) == 0 && close(one) == 0 && close(two) == 0 && close(none) == 0);
}

/* ---- A receiver that is full ---- */

static int shared;

static void *send_one(void *argument)
{
  (void) argument;
  return (void *) send(shared, "late", 4, 0);
}

static void full(void)
{
  pthread_t thread;
  void *result;
  int receiver = bound(SOCK_DGRAM, "uhyve/full");
  int sent = 0;
  shared = new_socket(SOCK_DGRAM);
  CHECK(connect_to(shared, "uhyve/full") == 0);
  CHECK((events_of(shared) & POLLOUT) != 0);
  while (send(shared, "x", 1, MSG_DONTWAIT) == 1)
    sent++;
  CHECK(errno == EAGAIN && sent > 0);
  CHECK((events_of(shared) & POLLOUT) == 0);
  CHECK(pthread_create(&thread, NULL, send_one, NULL) == 0);
  sleep_ms(3);
  struct pollfd polled = {.fd = shared, .events = POLLOUT};
  CHECK(recv(receiver, back, 10, 0) == 1);
  CHECK(pthread_join(thread, &result) == 0 && (ssize_t) result == 4);
  /* It is told when there is room. */
  CHECK(poll(&polled, 1, 0) == 0);
  CHECK(pthread_create(&thread, NULL, send_one, NULL) == 0);
  for (int i = 0; i < 3; i++)
    CHECK(recv(receiver, back, 10, 0) == 1);
  CHECK(poll(&polled, 1, -1) == 1 && polled.revents == POLLOUT);
  CHECK(pthread_join(thread, &result) == 0 && (ssize_t) result == 4);
  /* Who waits hears of the end. */
  while (send(shared, "x", 1, MSG_DONTWAIT) == 1)
    ;
  CHECK(pthread_create(&thread, NULL, send_one, NULL) == 0);
  sleep_ms(3);
  CHECK(close(receiver) == 0);
  CHECK(pthread_join(thread, &result) == 0 && (ssize_t) result == -1);
  CHECK(close(shared) == 0);
}

static void waits_end(void)
{
  struct sender sender;
  struct timeval soon = {.tv_usec = 5000};
  int fd = bound(SOCK_DGRAM, "uhyve/wait");
  CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)) == 0);
  FAILS(recv(fd, back, 1, 0), EAGAIN);
  soon.tv_usec = 0;
  CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)) == 0);
  handle(SIGUSR1, 0);
  pthread_t thread = begin_signals(&sender, SIGUSR1);
  FAILS(recv(fd, back, 1, 0), EINTR);
  end_signals(&sender, thread);
  CHECK(shutdown(fd, SHUT_RD) == 0);
  CHECK(recv(fd, back, 1, 0) == 0);
  FAILS(recv(fd, back, 1, MSG_DONTWAIT), EAGAIN);
  CHECK(close(fd) == 0);
}

int main(void)
{
  whole(SOCK_DGRAM);
  whole(SOCK_SEQPACKET);
  connected_packets();
  names();
  full();
  waits_end();
  return check_finish();
}
