/* Calls that send and receive. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "fs/program_memory.h"
#include "posix/held_socket.h"
#include "posix/socket.h"
#include "posix/socket_message.h"
#include "posix/sys.h"
#include "time/clock.h"

/* ---- Sending ---- */

static long send_message(struct socket *socket, struct socket_message *message, bool *may_raise)
{
  *may_raise = socket->type == SOCK_STREAM && (message->flags & MSG_NOSIGNAL) == 0;
  return socket->operations->send != NULL ? socket->operations->send(socket, message) : -EOPNOTSUPP;
}

/* SIGPIPE comes before the call returns. */
static long sent(long result, bool may_raise)
{
  if (result == -EPIPE && may_raise)
    sys_raise(SIGPIPE);
  return result;
}

static long send_copied(int fd, const struct socket_message *message)
{
  long result = 0;
  bool may_raise = false;
  struct socket_message copy;
  HELD_SOCKET(result, fd, send_timeout_ns,
              (copy = *message, send_message(socket, &copy, &may_raise)));
  return sent(result, may_raise);
}

ssize_t sys_sendto(int fd, const void *buffer, size_t size_bytes, int flags, const void *name,
                   uint32_t len_bytes)
{
  struct socket_name to;
  struct iovec vector = {.iov_base = (void *) buffer, .iov_len = file_at_most(size_bytes)};
  struct socket_message message = {
      .vectors = &vector, .count = 1, .total_bytes = vector.iov_len, .flags = flags};
  if (name != NULL && len_bytes > 0)
  {
    int error = socket_name_get(&to, name, len_bytes);
    if (error != 0)
      return error;
    message.name = &to;
  }
  return send_copied(fd, &message);
}

ssize_t sys_sendmsg(int fd, const struct msghdr *message, int flags)
{
  struct held_message held;
  int error = held_message_get(&held, message, flags, true);
  if (error != 0)
    return error;
  long result = send_copied(fd, &held.message);
  held_message_free(&held);
  return result;
}

int sys_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
  unsigned int done = 0;
  if (count > UIO_MAXIOV)
    count = UIO_MAXIOV;
  while (done < count)
  {
    long result = sys_sendmsg(fd, &messages[done].msg_hdr, flags);
    if (result >= 0 && !program_may(&messages[done], sizeof(*messages), ADDRESS_WRITE))
      result = -EFAULT;
    if (result < 0)
      return done > 0 ? (int) done : (int) result;
    messages[done++].msg_len = (unsigned int) result;
  }
  return (int) done;
}

/* ---- Receiving ---- */

static long receive_message(struct socket *socket, struct socket_message *message)
{
  return socket->operations->receive != NULL ? socket->operations->receive(socket, message)
                                             : -EOPNOTSUPP;
}

ssize_t sys_recvfrom(int fd, void *buffer, size_t size_bytes, int flags, void *name,
                     uint32_t *len_bytes)
{
  struct socket_name from;
  long result = 0;
  struct iovec vector = {.iov_base = buffer, .iov_len = file_at_most(size_bytes)};
  struct socket_message message = {.vectors = &vector, .count = 1};
  from.len_bytes = 0;
  HELD_SOCKET(result, fd, receive_timeout_ns,
              (message.name = name != NULL ? &from : NULL, message.flags = flags,
               message.total_bytes = vector.iov_len, receive_message(socket, &message)));
  if (result >= 0 && name != NULL)
  {
    int error = socket_name_put(&from, name, len_bytes);
    if (error != 0)
      return error;
  }
  return result;
}

ssize_t sys_recvmsg(int fd, struct msghdr *message, int flags)
{
  struct held_message held;
  long result = 0;
  int error = held_message_get(&held, message, flags, false);
  if (error != 0)
    return error;
  size_t room = held.message.control_bytes;
  HELD_SOCKET(result, fd, receive_timeout_ns,
              (held.message.flags = flags, held.message.control_bytes = room,
               receive_message(socket, &held.message)));
  if (result >= 0)
  {
    held.message.flags |= flags & MSG_CMSG_CLOEXEC;
    error = held_message_put(&held, message);
    if (error != 0)
      result = error;
  }
  held_message_free(&held);
  return result;
}

int sys_recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
                 uint64_t deadline_ns)
{
  unsigned int done = 0;
  if (count > UIO_MAXIOV)
    count = UIO_MAXIOV;
  while (done < count)
  {
    long result = sys_recvmsg(fd, &messages[done].msg_hdr, flags & ~MSG_WAITFORONE);
    if (result < 0)
      return done > 0 ? (int) done : (int) result;
    messages[done++].msg_len = (unsigned int) result;
    if ((flags & MSG_WAITFORONE) != 0)
      flags |= MSG_DONTWAIT;
    if (deadline_ns != FUTEX_FOREVER && clock_monotonic_ns() >= deadline_ns)
      break;
  }
  return (int) done;
}
