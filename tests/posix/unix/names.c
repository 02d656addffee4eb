/* Names of local sockets, and what connects to them. */
#include "unix_check.h"

#define PATH "/tmp/uhyve_unix_test"

static void kinds(void)
{
  struct stat status;
  FAILS(socket(AF_UNIX, SOCK_STREAM, 5), EPROTONOSUPPORT);
  FAILS(socket(AF_UNIX, SOCK_RDM, 0), ESOCKTNOSUPPORT);
  FAILS(socket(AF_UNIX, 77, 0), EINVAL);
  FAILS(socket(77, SOCK_STREAM, 0), EAFNOSUPPORT);
  int fds[2];
  FAILS(socketpair(AF_UNIX, SOCK_STREAM, 0, nowhere()), EFAULT);
  FAILS(socketpair(AF_INET, SOCK_STREAM, 0, fds), EOPNOTSUPP);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, PF_UNIX);
  CHECK(fd == 3);
  CHECK(fcntl(fd, F_GETFL) == (O_RDWR | O_NONBLOCK) && fcntl(fd, F_GETFD) == FD_CLOEXEC);
  CHECK(number_option(fd, SO_TYPE) == SOCK_STREAM);
  CHECK(number_option(fd, SO_DOMAIN) == AF_UNIX);
  CHECK(number_option(fd, SO_ACCEPTCONN) == 0);
  CHECK(number_option(fd, SO_ERROR) == 0);
  CHECK(fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode));
  FAILS(lseek(fd, 0, SEEK_CUR), ESPIPE);
  FAILS(ftruncate(fd, 0), EINVAL);
  CHECK(close(fd) == 0);
  fd = socket(AF_UNIX, SOCK_RAW, 0);
  CHECK(number_option(fd, SO_TYPE) == SOCK_DGRAM);
  CHECK(close(fd) == 0);
  FAILS(listen(1, 1), ENOTSOCK);
  FAILS(listen(100, 1), EBADF);
}

static void files(void)
{
  struct sockaddr_un name;
  struct sockaddr_un other;
  struct stat status;
  socklen_t len = path_name(&name, PATH);
  socklen_t room = sizeof(other);
  umask(022);
  unlink(PATH);
  int fd = new_socket(SOCK_STREAM);
  FAILS(connect(fd, (struct sockaddr *) &name, len), ENOENT);
  CHECK(getsockname(fd, (struct sockaddr *) &other, &room) == 0);
  CHECK(room == 2 && other.sun_family == AF_UNIX);
  FAILS(bind(fd, (struct sockaddr *) &name, 2 + 200), EINVAL);
  name.sun_family = AF_INET;
  FAILS(bind(fd, (struct sockaddr *) &name, len), EINVAL);
  FAILS(connect(fd, (struct sockaddr *) &name, len), EINVAL);
  name.sun_family = AF_UNIX;
  FAILS(bind(fd, nowhere(), len), EFAULT);
  /* The null at the end may be left away. */
  CHECK(bind(fd, (struct sockaddr *) &name, len - 1) == 0);
  len = path_name(&name, PATH "3");
  FAILS(bind(fd, (struct sockaddr *) &name, len), EINVAL);
  FAILS(stat(PATH "3", &status), ENOENT);
  len = path_name(&name, PATH);
  CHECK(stat(PATH, &status) == 0 && status.st_mode == (S_IFSOCK | 0755));
  room = sizeof(other);
  CHECK(getsockname(fd, (struct sockaddr *) &other, &room) == 0);
  CHECK(room == len && strcmp(other.sun_path, PATH) == 0);
  FAILS(getpeername(fd, (struct sockaddr *) &other, &room), ENOTCONN);
  FAILS(open(PATH, O_RDWR), ENXIO);
  int second = new_socket(SOCK_STREAM);
  FAILS(bind(second, (struct sockaddr *) &name, len), EADDRINUSE);
  FAILS(connect(second, (struct sockaddr *) &name, len), ECONNREFUSED);
  CHECK(listen(fd, 1) == 0);
  /* A socket of another kind, then the name is another one. */
  int third = new_socket(SOCK_DGRAM);
  FAILS(connect(third, (struct sockaddr *) &name, len), EPROTOTYPE);
  CHECK(rename(PATH, PATH "2") == 0);
  FAILS(connect(second, (struct sockaddr *) &name, len), ENOENT);
  len = path_name(&name, PATH "2");
  CHECK(connect(second, (struct sockaddr *) &name, len) == 0);
  room = sizeof(other);
  CHECK(getpeername(second, (struct sockaddr *) &other, &room) == 0);
  CHECK(strcmp(other.sun_path, PATH) == 0);
  CHECK(close(fd) == 0 && close(second) == 0 && close(third) == 0);
  /* The name outlives it. */
  fd = new_socket(SOCK_STREAM);
  FAILS(connect(fd, (struct sockaddr *) &name, len), ECONNREFUSED);
  CHECK(unlink(PATH "2") == 0);
  len = path_name(&name, "/tmp/uhyve_none/socket");
  FAILS(bind(fd, (struct sockaddr *) &name, len), ENOENT);
  len = path_name(&name, "/tmp");
  FAILS(bind(fd, (struct sockaddr *) &name, len), EADDRINUSE);
  FAILS(connect(fd, (struct sockaddr *) &name, len), ECONNREFUSED);
  /* Beside the working folder, and over a symbolic link. */
  CHECK(chdir("/tmp") == 0);
  len = path_name(&name, "uhyve_unix_test");
  CHECK(bind(fd, (struct sockaddr *) &name, len) == 0 && listen(fd, 1) == 0);
  CHECK(symlink(PATH, PATH "_link") == 0);
  len = path_name(&name, PATH "_link");
  second = new_socket(SOCK_STREAM);
  CHECK(connect(second, (struct sockaddr *) &name, len) == 0);
  CHECK(close(fd) == 0 && close(second) == 0);
  CHECK(unlink(PATH) == 0 && unlink(PATH "_link") == 0);
}

static void abstract(void)
{
  struct sockaddr_un name;
  socklen_t room = sizeof(name);
  int fd = bound(SOCK_DGRAM, "uhyve/unix");
  int second = new_socket(SOCK_DGRAM);
  socklen_t len = abstract_name(&name, "uhyve/unix");
  FAILS(bind(second, (struct sockaddr *) &name, len), EADDRINUSE);
  CHECK(connect(second, (struct sockaddr *) &name, len) == 0);
  FAILS(connect(second, (struct sockaddr *) &name, len - 1), ECONNREFUSED);
  CHECK(close(fd) == 0);
  FAILS(send(second, "x", 1, 0), ECONNREFUSED);
  FAILS(send(second, "x", 1, 0), ENOTCONN);
  CHECK(close(second) == 0);
  /* One that the system chooses. */
  fd = new_socket(SOCK_STREAM);
  name.sun_family = AF_UNIX;
  CHECK(bind(fd, (struct sockaddr *) &name, sizeof(sa_family_t)) == 0);
  CHECK(getsockname(fd, (struct sockaddr *) &name, &room) == 0);
  CHECK(room == 8 && name.sun_path[0] == '\0');
  CHECK(listen(fd, 1) == 0);
  second = new_socket(SOCK_STREAM);
  CHECK(connect(second, (struct sockaddr *) &name, room) == 0);
  CHECK(close(fd) == 0 && close(second) == 0);
}

static void listening(void)
{
  struct sockaddr_un name;
  socklen_t room = sizeof(name);
  int fd = new_socket(SOCK_STREAM);
  FAILS(listen(fd, 1), EINVAL);
  FAILS(accept(fd, NULL, NULL), EINVAL);
  CHECK(close(fd) == 0);
  fd = bound(SOCK_DGRAM, "uhyve/listen");
  FAILS(listen(fd, 1), EOPNOTSUPP);
  FAILS(accept(fd, NULL, NULL), EOPNOTSUPP);
  CHECK(close(fd) == 0);
  int listener = bound(SOCK_STREAM, "uhyve/listen");
  fd = new_socket(SOCK_STREAM);
  FAILS(connect_to(fd, "uhyve/listen"), ECONNREFUSED);
  CHECK(listen(listener, 1) == 0);
  CHECK(number_option(listener, SO_ACCEPTCONN) == 1);
  CHECK(fcntl(listener, F_SETFL, O_NONBLOCK) == 0);
  FAILS(accept(listener, NULL, NULL), EAGAIN);
  FAILS(accept4(listener, NULL, NULL, 1), EINVAL);
  CHECK(events_of(listener) == 0 || events_of(listener) == WRITABLE);
  CHECK(connect_to(fd, "uhyve/listen") == 0);
  FAILS(connect_to(fd, "uhyve/listen"), EISCONN);
  CHECK((events_of(listener) & READABLE) == READABLE);
  /* Two wait, no more. */
  int second = new_socket(SOCK_STREAM);
  int third = new_socket(SOCK_STREAM);
  CHECK(connect_to(second, "uhyve/listen") == 0);
  CHECK(fcntl(third, F_SETFL, O_NONBLOCK) == 0);
  FAILS(connect_to(third, "uhyve/listen"), EAGAIN);
  struct timeval soon = {.tv_usec = 5000};
  CHECK(fcntl(third, F_SETFL, 0) == 0);
  CHECK(setsockopt(third, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon)) == 0);
  FAILS(connect_to(third, "uhyve/listen"), EAGAIN);
  CHECK(send(fd, "early", 5, 0) == 5);
  int accepted = accept4(listener, (struct sockaddr *) &name, &room, SOCK_NONBLOCK | SOCK_CLOEXEC);
  CHECK(accepted >= 0 && room == 2);
  CHECK(fcntl(accepted, F_GETFL) == (O_RDWR | O_NONBLOCK));
  CHECK(fcntl(accepted, F_GETFD) == FD_CLOEXEC);
  char bytes[10];
  CHECK(recv(accepted, bytes, 10, 0) == 5);
  room = sizeof(name);
  CHECK(getsockname(accepted, (struct sockaddr *) &name, &room) == 0 && room == 2 + 1 + 12);
  CHECK(connect_to(third, "uhyve/listen") == 0);
  /* Those that were not accepted are reset. */
  CHECK(close(listener) == 0);
  CHECK(send(fd, "x", 1, 0) == 1);
  FAILS(recv(second, bytes, 1, 0), ECONNRESET);
  CHECK(recv(second, bytes, 1, 0) == 0);
  CHECK((events_of(third) & (POLLHUP | POLLERR)) == (POLLHUP | POLLERR));
  CHECK(number_option(third, SO_ERROR) == ECONNRESET);
  CHECK((events_of(third) & (POLLHUP | POLLERR)) == POLLHUP);
  CHECK(close(fd) == 0 && close(second) == 0 && close(third) == 0 && close(accepted) == 0);
}

/* ---- Threads ---- */

static int shared;

static void *connect_one(void *argument)
{
  int fd = new_socket(SOCK_STREAM);
  CHECK(connect_to(fd, "uhyve/many") == 0);
  CHECK(send(fd, "hello", 5, 0) == 5);
  char byte;
  CHECK(recv(fd, &byte, 1, 0) == 0);
  CHECK(close(fd) == 0);
  return argument;
}

static void many_connect(void)
{
  enum
  {
    COUNT = 20
  };
  pthread_t threads[COUNT];
  char bytes[10];
  shared = bound(SOCK_STREAM, "uhyve/many");
  CHECK(listen(shared, 2) == 0);
  for (int i = 0; i < COUNT; i++)
    CHECK(pthread_create(&threads[i], NULL, connect_one, NULL) == 0);
  for (int i = 0; i < COUNT; i++)
  {
    int fd = accept(shared, NULL, NULL);
    CHECK(fd >= 0);
    CHECK(recv(fd, bytes, 5, MSG_WAITALL) == 5);
    CHECK(close(fd) == 0);
  }
  for (int i = 0; i < COUNT; i++)
    CHECK(pthread_join(threads[i], NULL) == 0);
  CHECK(close(shared) == 0);
}

static void *accept_one(void *argument)
{
  errno = 0;
  int fd = accept(shared, NULL, NULL);
  CHECK(fd == -1);
  return (void *) (intptr_t) (argument == NULL ? errno : 0);
}

static void accepting_ends(void)
{
  pthread_t thread;
  void *result;
  struct sender sender;
  struct timeval soon = {.tv_usec = 5000};
  shared = bound(SOCK_SEQPACKET, "uhyve/end");
  CHECK(listen(shared, 2) == 0);
  CHECK(setsockopt(shared, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)) == 0);
  FAILS(accept(shared, NULL, NULL), EAGAIN);
  soon.tv_usec = 0;
  CHECK(setsockopt(shared, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)) == 0);
  handle(SIGUSR1, 0);
  thread = begin_signals(&sender, SIGUSR1);
  FAILS(accept(shared, NULL, NULL), EINTR);
  end_signals(&sender, thread);
  CHECK(pthread_create(&thread, NULL, accept_one, NULL) == 0);
  sleep_ms(5);
  CHECK(shutdown(shared, SHUT_RDWR) == 0);
  CHECK(pthread_join(thread, &result) == 0 && (intptr_t) result == EINVAL);
  CHECK(close(shared) == 0);
}

int main(void)
{
  kinds();
  files();
  abstract();
  listening();
  many_connect();
  accepting_ends();
  return check_finish();
}
