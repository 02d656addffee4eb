/* What goes along with bytes: descriptors and identities. */
#include "unix_check.h"

union control
{
  struct cmsghdr header;
  char bytes[2048];
};

static ssize_t send_with(int fd, int type, const void *data, size_t size)
{
  union control control = {.header = {.cmsg_level = SOL_SOCKET, .cmsg_type = type}};
  struct iovec vector = {(char *) "x", 1};
  struct msghdr message = {.msg_iov = &vector,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = CMSG_SPACE(size)};
  control.header.cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(&control.header), data, size);
  return sendmsg(fd, &message, 0);
}

static char text[10];
static int told_flags;

/* The length of what came along. */
static size_t receive(int fd, union control *control, size_t room, int flags)
{
  struct iovec vector = {text, sizeof(text)};
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room};
  memset(control, 0, sizeof(*control));
  CHECK(recvmsg(fd, &message, flags) == 1);
  told_flags = message.msg_flags;
  return message.msg_controllen;
}

static int fd_of(const union control *control, int index)
{
  int fd;
  memcpy(&fd, CMSG_DATA(&control->header) + (size_t) index * sizeof(fd), sizeof(fd));
  return fd;
}

static void descriptors(int type)
{
  int fds[2], ends[2];
  char byte;
  union control control;
  pair(fds, type);
  make_pipe(ends, 0);
  CHECK(send_with(fds[0], SCM_RIGHTS, ends, sizeof(ends)) == 1);
  close_pipe(ends);
  CHECK(receive(fds[1], &control, sizeof(control), MSG_CMSG_CLOEXEC) == CMSG_SPACE(8));
  CHECK(control.header.cmsg_len == CMSG_LEN(8) && control.header.cmsg_type == SCM_RIGHTS);
  ends[0] = fd_of(&control, 0);
  ends[1] = fd_of(&control, 1);
  CHECK(fcntl(ends[0], F_GETFD) == FD_CLOEXEC);
  CHECK(write(ends[1], "y", 1) == 1 && read(ends[0], &byte, 1) == 1);
  /* A look gives copies. */
  CHECK(send_with(fds[0], SCM_RIGHTS, ends, 4) == 1);
  CHECK(receive(fds[1], &control, sizeof(control), MSG_PEEK) == CMSG_SPACE(4));
  CHECK(close(fd_of(&control, 0)) == 0);
  CHECK(receive(fds[1], &control, sizeof(control), 0) == CMSG_SPACE(4));
  CHECK(fcntl(fd_of(&control, 0), F_GETFD) == 0);
  CHECK(close(fd_of(&control, 0)) == 0);
  /* What there is no room for is closed. */
  CHECK(send_with(fds[0], SCM_RIGHTS, ends, 8) == 1);
  CHECK(receive(fds[1], &control, CMSG_LEN(4), 0) == CMSG_LEN(4));
  CHECK(told_flags == MSG_CTRUNC && control.header.cmsg_len == CMSG_LEN(4));
  CHECK(close(fd_of(&control, 0)) == 0);
  CHECK(send_with(fds[0], SCM_RIGHTS, &ends[1], 4) == 1);
  CHECK(close(ends[1]) == 0);
  CHECK(receive(fds[1], &control, 0, 0) == 0 && told_flags == MSG_CTRUNC);
  CHECK(read(ends[0], &byte, 1) == 0);
  /* What nobody receives, too. */
  int other[2];
  make_pipe(other, 0);
  CHECK(send_with(fds[0], SCM_RIGHTS, &other[1], 4) == 1);
  CHECK(close(other[1]) == 0);
  CHECK(close(fds[1]) == 0);
  CHECK(read(other[0], &byte, 1) == 0);
  CHECK(close(other[0]) == 0 && close(ends[0]) == 0 && close(fds[0]) == 0);
  CHECK(dup(0) == 3 && close(3) == 0);
}

static void errors(void)
{
  int fds[2];
  int bad = 100;
  int many[300];
  union control control = {.header = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
  pair(fds, SOCK_STREAM);
  FAILS(send_with(fds[0], SCM_RIGHTS, &bad, 4), EBADF);
  for (int i = 0; i < 300; i++)
    many[i] = fds[1];
  FAILS(send_with(fds[0], SCM_RIGHTS, many, 254 * sizeof(int)), EINVAL);
  CHECK(send_with(fds[0], SCM_RIGHTS, many, 253 * sizeof(int)) == 1);
  FAILS(send_with(fds[0], 77, many, 4), EINVAL);
  FAILS(send_with(fds[0], SCM_CREDENTIALS, many, 4), EINVAL);
  struct iovec vector = {(char *) "x", 1};
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = 16};
  control.header.cmsg_len = 15;
  FAILS(sendmsg(fds[0], &message, 0), EINVAL);
  control.header.cmsg_len = 17;
  FAILS(sendmsg(fds[0], &message, 0), EINVAL);
  close_both(fds);
}

/* A stream stops behind what descriptors came with. */
static void streams_stop(void)
{
  int fds[2];
  char bytes[10];
  union control control;
  pair(fds, SOCK_STREAM);
  CHECK(send(fds[0], "abc", 3, 0) == 3);
  CHECK(send_with(fds[0], SCM_RIGHTS, &fds[0], 4) == 1);
  CHECK(send(fds[0], "def", 3, 0) == 3);
  struct iovec vector = {bytes, sizeof(bytes)};
  struct msghdr message = {
      .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = 100};
  CHECK(recvmsg(fds[1], &message, 0) == 4);
  CHECK(message.msg_controllen == CMSG_SPACE(4));
  CHECK(close(fd_of(&control, 0)) == 0);
  CHECK(recv(fds[1], bytes, 10, 0) == 3);
  close_both(fds);
}

static void identities(void)
{
  int fds[2];
  int on = 1;
  union control control;
  struct ucred identity;
  socklen_t size = sizeof(identity);
  pair(fds, SOCK_DGRAM);
  CHECK(getsockopt(fds[0], SOL_SOCKET, SO_PEERCRED, &identity, &size) == 0);
  CHECK(size == 12 && identity.pid == getpid() && identity.uid == getuid());
  identity = (struct ucred){.pid = getpid(), .uid = getuid(), .gid = getgid()};
  CHECK(send_with(fds[0], SCM_CREDENTIALS, &identity, sizeof(identity)) == 1);
  CHECK(receive(fds[1], &control, sizeof(control), 0) == 0 && told_flags == 0);
  CHECK(setsockopt(fds[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0);
  CHECK(number_option(fds[1], SO_PASSCRED) == 1);
  CHECK(send(fds[0], "x", 1, 0) == 1);
  CHECK(receive(fds[1], &control, sizeof(control), 0) == CMSG_SPACE(12));
  CHECK(control.header.cmsg_type == SCM_CREDENTIALS);
  memcpy(&identity, CMSG_DATA(&control.header), sizeof(identity));
  CHECK(identity.pid == getpid() && identity.uid == getuid() && identity.gid == getgid());
  identity.pid = 1 << 22;
  CHECK(send_with(fds[0], SCM_CREDENTIALS, &identity, sizeof(identity)) == -1);
  CHECK(errno == EPERM || errno == ESRCH);
  close_both(fds);
  fds[0] = new_socket(SOCK_STREAM);
  CHECK(getsockopt(fds[0], SOL_SOCKET, SO_PEERCRED, &identity, &size) == 0);
  CHECK(identity.pid == 0 && identity.uid == (uid_t) -1);
  CHECK(close(fds[0]) == 0);
}

/* Sockets in sockets in sockets: all go with the first. */
static void a_chain(void)
{
  int last[2], fds[2], ends[2];
  char byte;
  make_pipe(ends, 0);
  pair(last, SOCK_DGRAM);
  CHECK(send_with(last[0], SCM_RIGHTS, &ends[1], 4) == 1);
  CHECK(close(ends[1]) == 0);
  for (int i = 0; i < 2000; i++)
  {
    pair(fds, SOCK_DGRAM);
    CHECK(send_with(fds[0], SCM_RIGHTS, &last[1], 4) == 1);
    close_both(last);
    last[0] = fds[0];
    last[1] = fds[1];
  }
  close_both(last);
  CHECK(read(ends[0], &byte, 1) == 0);
  CHECK(close(ends[0]) == 0);
}

int main(void)
{
  descriptors(SOCK_STREAM);
  descriptors(SOCK_DGRAM);
  descriptors(SOCK_SEQPACKET);
  errors();
  streams_stop();
  identities();
  a_chain();
  return check_finish();
}
