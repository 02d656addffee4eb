/* Connections: made, used, ended, with the errno of each call that fails. */
#include "socket_check.h"

static void test_names(int family)
{
  union name name, other;
  socklen_t bytes = sizeof(name);
  int listener = bound(family, SOCK_STREAM);
  int client = connected_to(family, SOCK_STREAM, port_of(listener));
  int server = accept(listener, &name.any, &bytes);
  CHECK(server >= 0 && bytes == name_bytes(family) && name.any.sa_family == family);
  bytes = sizeof(other);
  GIVES(getsockname(client, &other.any, &bytes), 0);
  CHECK(bytes == name_bytes(family) && memcmp(&name, &other, bytes) == 0);
  GIVES(getpeername(server, &other.any, &bytes), 0);
  CHECK(memcmp(&name, &other, bytes) == 0);
  GIVES(getpeername(client, &name.any, &bytes), 0);
  GIVES(getsockname(server, &other.any, &bytes), 0);
  CHECK(memcmp(&name, &other, bytes) == 0);
  /* As much as there is room for. */
  bytes = 4;
  memset(&other, 0x55, sizeof(other));
  GIVES(getsockname(server, &other.any, &bytes), 0);
  CHECK(bytes == name_bytes(family) && memcmp(&name, &other, 4) == 0 &&
        ((char *) &other)[4] == 0x55);
  FAILS(getpeername(listener, &other.any, &bytes), ENOTCONN);
  close(server);
  close(client);
  close(listener);
}

static void test_bytes(int family)
{
  char buffer[100];
  int ends[2];
  int count = -1;
  make_connection(family, ends);
  FAILS(recv(ends[1], buffer, sizeof(buffer), MSG_DONTWAIT), EAGAIN);
  GIVES(send(ends[0], "hello", 5, 0), 5);
  CHECK((wait_for_events(ends[1], POLLIN | POLLOUT) & POLLIN) != 0);
  GIVES(ioctl(ends[1], FIONREAD, &count), 0);
  CHECK(count == 5);
  GIVES(recv(ends[1], buffer, 2, MSG_PEEK), 2);
  GIVES(recv(ends[1], buffer, sizeof(buffer), MSG_PEEK), 5);
  GIVES(recv(ends[1], buffer, 2, 0), 2);
  CHECK(memcmp(buffer, "he", 2) == 0);
  GIVES(read(ends[1], buffer, sizeof(buffer)), 3);
  CHECK(memcmp(buffer, "llo", 3) == 0);
  GIVES(write(ends[1], "back", 4), 4);
  GIVES(recv(ends[0], buffer, 4, MSG_WAITALL), 4);
  CHECK(memcmp(buffer, "back", 4) == 0);
  /* Several pieces. */
  struct iovec out[3] = {{"one", 3}, {"", 0}, {"two", 3}};
  GIVES(writev(ends[0], out, 3), 6);
  struct iovec in[2] = {{buffer, 2}, {buffer + 10, 50}};
  struct msghdr message = {.msg_iov = in, .msg_iovlen = 2};
  GIVES(recvmsg(ends[1], &message, 0), 6);
  CHECK(memcmp(buffer, "on", 2) == 0 && memcmp(buffer + 10, "etwo", 4) == 0);
  message = (struct msghdr){.msg_iov = out, .msg_iovlen = 3};
  GIVES(sendmsg(ends[1], &message, 0), 6);
  GIVES(readv(ends[0], in, 2), 6);
  GIVES(sendto(ends[0], "x", 1, 0, NULL, 0), 1);
  GIVES(recvfrom(ends[1], buffer, 10, 0, NULL, NULL), 1);
  /* The ends. */
  GIVES(send(ends[0], "last", 4, MSG_MORE), 4);
  GIVES(shutdown(ends[0], SHUT_WR), 0);
  FAILS(send(ends[0], "x", 1, MSG_NOSIGNAL), EPIPE);
  GIVES(recv(ends[1], buffer, 10, MSG_WAITALL), 4);
  GIVES(recv(ends[1], buffer, 10, 0), 0);
  CHECK((events_of(ends[1], POLLIN | POLLRDHUP) & (POLLIN | POLLRDHUP)) == (POLLIN | POLLRDHUP));
  GIVES(send(ends[1], "still", 5, 0), 5);
  GIVES(recv(ends[0], buffer, 5, MSG_WAITALL | MSG_PEEK), 5);
  close(ends[1]);
  GIVES(recv(ends[0], buffer, 10, MSG_WAITALL), 5);
  GIVES(recv(ends[0], buffer, 10, 0), 0);
  CHECK((events_of(ends[0], POLLIN | POLLHUP) & POLLHUP) != 0);
  close(ends[0]);
}

static volatile sig_atomic_t pipes;

static void count_pipe(int number)
{
  (void) number;
  pipes = pipes + 1;
}

static void test_reset(int family)
{
  char buffer[10];
  int ends[2];
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  make_connection(family, ends);
  GIVES(setsockopt(ends[0], SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
  close(ends[0]);
  CHECK((wait_for_events(ends[1], POLLIN) & (POLLERR | POLLHUP)) == (POLLERR | POLLHUP));
  GIVES(get_int(ends[1], SOL_SOCKET, SO_ERROR), ECONNRESET);
  GIVES(get_int(ends[1], SOL_SOCKET, SO_ERROR), 0);
  GIVES(recv(ends[1], buffer, 10, 0), 0);
  pipes = 0;
  FAILS(send(ends[1], "x", 1, MSG_NOSIGNAL), EPIPE);
  CHECK(pipes == 0);
  FAILS(send(ends[1], "x", 1, 0), EPIPE);
  CHECK(pipes == 1);
  FAILS(write(ends[1], "x", 1), EPIPE);
  CHECK(pipes == 2);
  close(ends[1]);
  /* What was not read is a reset too. */
  make_connection(family, ends);
  GIVES(send(ends[0], "unread", 6, 0), 6);
  CHECK(wait_for_events(ends[1], POLLIN) == POLLIN);
  close(ends[1]);
  FAILS(recv(ends[0], buffer, 10, 0), ECONNRESET);
  close(ends[0]);
}

static void test_connecting(int family)
{
  int listener = bound(family, SOCK_STREAM);
  uint16_t port = port_of(listener);
  union name name = loopback(family, port);
  socklen_t bytes = name_bytes(family);
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 && fcntl(fd, F_GETFD) == FD_CLOEXEC);
  CHECK(events_of(fd, POLLIN | POLLOUT) == (POLLOUT | POLLHUP));
  FAILS(connect(fd, &name.any, 1), EINVAL);
  FAILS(connect(fd, &name.any, bytes), EINPROGRESS);
  CHECK(wait_for_events(fd, POLLOUT) == POLLOUT);
  GIVES(get_int(fd, SOL_SOCKET, SO_ERROR), 0);
  GIVES(connect(fd, &name.any, bytes), 0);
  FAILS(connect(fd, &name.any, bytes), EISCONN);
  FAILS(listen(fd, 1), EINVAL);
  FAILS(accept(fd, NULL, NULL), EINVAL);
  close(fd);
  FAILS(connect(listener, &name.any, bytes), EISCONN);
  close(listener);
  /* Nobody there. */
  fd = socket(family, SOCK_STREAM, 0);
  FAILS(connect(fd, &name.any, bytes), ECONNREFUSED);
  FAILS(connect(fd, &name.any, bytes), ECONNREFUSED);
  GIVES(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
  FAILS(connect(fd, &name.any, bytes), EINPROGRESS);
  CHECK((wait_for_events(fd, POLLOUT) & (POLLERR | POLLOUT)) == (POLLERR | POLLOUT));
  GIVES(get_int(fd, SOL_SOCKET, SO_ERROR), ECONNREFUSED);
  close(fd);
}

static void test_listening(int family)
{
  char buffer[10];
  int listener = bound(family, SOCK_STREAM);
  uint16_t port = port_of(listener);
  GIVES(get_int(listener, SOL_SOCKET, SO_ACCEPTCONN), 1);
  GIVES(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
  FAILS(accept(listener, NULL, NULL), EAGAIN);
  CHECK(events_of(listener, POLLIN | POLLOUT) == 0);
  FAILS(accept4(listener, NULL, NULL, 1), EINVAL);
  FAILS(recv(listener, buffer, 10, 0), ENOTCONN);
  FAILS(send(listener, buffer, 10, MSG_NOSIGNAL), EPIPE);
  int client = connected_to(family, SOCK_STREAM, port);
  GIVES(send(client, "early", 5, 0), 5);
  CHECK(wait_for_events(listener, POLLIN) == POLLIN);
  int server = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  CHECK(server >= 0 && (fcntl(server, F_GETFL) & O_NONBLOCK) != 0);
  CHECK(wait_for_events(server, POLLIN) == POLLIN);
  GIVES(recv(server, buffer, 10, 0), 5);
  close(server);
  close(client);
  /* Names that are taken. */
  union name name = loopback(family, port);
  int other = socket(family, SOCK_STREAM, 0);
  FAILS(bind(other, &name.any, name_bytes(family)), EADDRINUSE);
  GIVES(set_int(other, SOL_SOCKET, SO_REUSEADDR, 1), 0);
  FAILS(bind(other, &name.any, name_bytes(family)), EADDRINUSE);
  FAILS(bind(listener, &name.any, name_bytes(family)), EINVAL);
  close(other);
  close(listener);
  /* Connections that nobody has accepted end with the listener. */
  listener = bound(family, SOCK_STREAM);
  client = connected_to(family, SOCK_STREAM, port_of(listener));
  close(listener);
  CHECK(recv(client, buffer, 10, 0) == -1 && errno == ECONNRESET);
  close(client);
  /* Listening without a name gives one. */
  listener = socket(family, SOCK_STREAM, 0);
  GIVES(listen(listener, 0), 0);
  CHECK(port_of(listener) != 0);
  GIVES(listen(listener, 5), 0);
  client = connected_to(family, SOCK_STREAM, port_of(listener));
  GIVES(shutdown(listener, SHUT_RD), 0);
  FAILS(accept(listener, NULL, NULL), EINVAL);
  close(client);
  close(listener);
}

static void test_errors(void)
{
  char buffer[10];
  union name name = loopback(AF_INET, 0);
  socklen_t bytes = sizeof(name);
  FAILS(socket(AF_INET, 77, 0), EINVAL);
  FAILS(socket(77, SOCK_STREAM, 0), EAFNOSUPPORT);
  FAILS(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
  FAILS(socket(AF_INET, SOCK_SEQPACKET, 0), ESOCKTNOSUPPORT);
  int fds[2];
  FAILS(socketpair(AF_INET, SOCK_STREAM, 0, fds), EOPNOTSUPP);
  FAILS(bind(-1, &name.any, sizeof(name.ipv4)), EBADF);
  FAILS(listen(1000, 1), EBADF);
  int file = open("/", O_RDONLY);
  FAILS(listen(file, 1), ENOTSOCK);
  FAILS(connect(file, &name.any, sizeof(name.ipv4)), ENOTSOCK);
  FAILS(send(file, "x", 1, 0), ENOTSOCK);
  FAILS(getsockname(file, &name.any, &bytes), ENOTSOCK);
  close(file);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  FAILS(bind(fd, &name.any, 3), EINVAL);
  FAILS(bind(fd, &name.any, 1000), EINVAL);
  FAILS(bind(fd, (struct sockaddr *) 16, sizeof(name.ipv4)), EFAULT);
  name.any.sa_family = AF_UNIX;
  FAILS(bind(fd, &name.any, sizeof(name.ipv4)), EAFNOSUPPORT);
  name = loopback(AF_INET, 0);
  name.ipv4.sin_addr.s_addr = htonl(0xc0000201); /* 192.0.2.1 */
  FAILS(bind(fd, &name.any, sizeof(name.ipv4)), EADDRNOTAVAIL);
  bytes = (socklen_t) -1;
  FAILS(getsockname(fd, &name.any, &bytes), EINVAL);
  bytes = sizeof(name);
  FAILS(getsockname(fd, (struct sockaddr *) 16, &bytes), EFAULT);
  FAILS(getpeername(fd, &name.any, &bytes), ENOTCONN);
  FAILS(recv(fd, buffer, 10, 0), ENOTCONN);
  FAILS(send(fd, buffer, 10, MSG_NOSIGNAL), EPIPE);
  FAILS(shutdown(fd, SHUT_RD), ENOTCONN);
  FAILS(shutdown(fd, 7), EINVAL);
  FAILS(lseek(fd, 0, SEEK_SET), ESPIPE);
  FAILS(pread(fd, buffer, 1, 0), ESPIPE);
  FAILS(ftruncate(fd, 0), EINVAL);
  struct stat status;
  GIVES(fstat(fd, &status), 0);
  CHECK(S_ISSOCK(status.st_mode));
  int copy = dup(fd);
  close(fd);
  GIVES(fstat(copy, &status), 0);
  close(copy);
}

static void test_faults(void)
{
  int ends[2];
  make_connection(AF_INET, ends);
  FAILS(send(ends[0], (void *) 16, 10, 0), EFAULT);
  GIVES(send(ends[0], "12345", 5, 0), 5);
  CHECK(wait_for_events(ends[1], POLLIN) == POLLIN);
  FAILS(recv(ends[1], (void *) 16, 10, 0), EFAULT);
  struct msghdr message = {.msg_iov = (struct iovec *) 16, .msg_iovlen = 1};
  FAILS(sendmsg(ends[0], &message, 0), EFAULT);
  message.msg_iovlen = 5000;
  FAILS(sendmsg(ends[0], &message, 0), EMSGSIZE);
  FAILS(recvmsg(ends[0], (struct msghdr *) 16, 0), EFAULT);
  close(ends[0]);
  close(ends[1]);
}

int main(void)
{
  struct sigaction action = {.sa_handler = count_pipe};
  sigaction(SIGPIPE, &action, NULL);
  for (int i = 0; i < 2; i++)
  {
    int family = i == 0 ? AF_INET : AF_INET6;
    test_names(family);
    test_bytes(family);
    test_reset(family);
    test_connecting(family);
    test_listening(family);
  }
  test_errors();
  test_faults();
  return check_finish();
}
