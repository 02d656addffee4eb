/* Receiving from local sockets: bytes of a stream from as many messages as it takes, or one packet
 * with who has sent it. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "net/unix.h"

/* One call. */
struct receiving
{
  struct socket *socket;
  struct local_end *end;
  struct socket_message *to;
  struct local_control control;
  int flags; /* MSG_ of the call */
  bool waits;
  uint64_t deadline_ns;
  struct local_rights rights;  /* that were received: to be let go, too */
  struct local_message *taken; /* to be freed when nothing is locked */
};

static void finish(struct receiving *receiving)
{
  receiving->to->control_bytes = receiving->control.used_bytes;
  local_messages_free(receiving->taken);
  local_rights_drop(&receiving->rights);
}

/* Locked: takes the first message out. */
static void take_first(struct receiving *receiving)
{
  struct local_end *end = receiving->end;
  struct local_message *message = end->first;
  end->first = message->next;
  if (end->first == NULL)
    end->last = NULL;
  end->count--;
  end->unread_bytes -= message->len_bytes - message->done_bytes;
  message->next = receiving->taken;
  receiving->taken = message;
}

static void tell_name(struct receiving *receiving, const struct local_message *message)
{
  struct socket_name *name = receiving->to->name;
  if (name == NULL)
    return;
  name->len_bytes = 0;
  if (message != NULL && message->from != NULL)
    memcpy(name, &message->from->name, sizeof(*name));
}

/* Locked, and again when it returns: nothing is there. 0: look again; 1: nothing will come;
 * -EAGAIN, -EINTR, the end's error. Who waits has begun to. */
static int wait_for_data(struct receiving *receiving, uint32_t seen)
{
  struct local_end *end = receiving->end;
  int error = local_end_error(end);
  if (error != 0)
    return error;
  bool is_over = (end->shut & LOCAL_SHUT_RECEIVE) != 0;
  if (is_over && (receiving->waits || end->type != SOCK_DGRAM))
    return 1;
  if (!receiving->waits)
    return -EAGAIN;
  mutex_unlock(&end->mutex);
  /* What was received so far makes room for more. */
  local_messages_free(receiving->taken);
  receiving->taken = NULL;
  error = wait_word_sleep(&end->data, seen, receiving->deadline_ns);
  mutex_lock(&end->mutex);
  return error == -ETIMEDOUT ? -EAGAIN : error;
}

/* ---- Streams ---- */

/* The files of a message are received once, though some of its bytes may stay. */
static void take_rights(struct receiving *receiving, struct local_message *message)
{
  receiving->rights = message->rights;
  message->rights = (struct local_rights){.has_identity = message->rights.has_identity,
                                          .identity = message->rights.identity};
}

/* Locked: copies from one message, behind what a look at it has skipped. Files come with it. */
static long copy_stream(struct receiving *receiving, struct local_message *message, size_t done)
{
  bool peeks = (receiving->flags & MSG_PEEK) != 0;
  size_t wish = receiving->to->total_bytes - done;
  size_t there = message->len_bytes - message->done_bytes;
  size_t len_bytes = wish < there ? wish : there;
  size_t good =
      socket_copy_to(receiving->to, done, message->bytes + message->done_bytes, len_bytes);
  if (good < len_bytes && good == 0)
    return -EFAULT;
  if (!peeks)
  {
    message->done_bytes += (uint32_t) good;
    receiving->end->unread_bytes -= good;
  }
  return (long) good;
}

/* Locked: what is there, up to the end of a message with files. */
static long drain_stream(struct receiving *receiving, size_t done, bool *is_complete)
{
  struct local_end *end = receiving->end;
  bool peeks = (receiving->flags & MSG_PEEK) != 0;
  struct local_message *message = end->first;
  size_t total = receiving->to->total_bytes;
  long got = 0;
  while (message != NULL && done < total && !*is_complete && got >= 0)
  {
    struct local_message *next = message->next;
    if (done == 0 || message->rights.count != 0)
    {
      if (done == 0)
        tell_name(receiving, message);
      local_rights_put(&receiving->control, end, message,
                       (receiving->flags & MSG_CMSG_CLOEXEC) != 0);
      *is_complete = message->rights.count != 0;
      if (*is_complete && !peeks)
        take_rights(receiving, message);
    }
    got = copy_stream(receiving, message, done);
    if (got < 0)
      break;
    done += (size_t) got;
    if (!peeks && message->done_bytes == message->len_bytes)
      take_first(receiving);
    message = next;
  }
  return done > 0 ? (long) done : got;
}

static long receive_locked(struct receiving *receiving)
{
  struct local_end *end = receiving->end;
  bool wants_all = (receiving->flags & (MSG_WAITALL | MSG_PEEK)) == MSG_WAITALL;
  size_t total = receiving->to->total_bytes;
  long done = 0;
  int error = 0;
  bool is_complete = false;
  uint32_t seen = wait_word_begin(&end->data);
  for (;;)
  {
    if (end->first != NULL)
      done = drain_stream(receiving, (size_t) done, &is_complete);
    if (done < 0 || is_complete || (done > 0 && !wants_all) || (size_t) done == total)
      break;
    error = wait_for_data(receiving, seen);
    if (error != 0)
      break;
    seen = wait_word_look(&end->data);
  }
  wait_word_end(&end->data);
  if (done != 0 || error == 1)
    return done;
  return error;
}

static long receive_stream(struct receiving *receiving)
{
  struct local_end *end = receiving->end;
  if (end->state != LOCAL_CONNECTED)
    return -EINVAL;
  mutex_lock(&end->mutex);
  long result = receive_locked(receiving);
  bool is_more = end->first != NULL;
  mutex_unlock(&end->mutex);
  /* The next one who waits. */
  if (is_more)
    wait_word_wake(&end->data, 1);
  return result;
}

/* ---- Packets ---- */

static long copy_packet(struct receiving *receiving, struct local_message *message)
{
  struct socket_message *to = receiving->to;
  size_t len_bytes = message->len_bytes < to->total_bytes ? message->len_bytes : to->total_bytes;
  if (len_bytes < message->len_bytes)
    to->flags |= MSG_TRUNC;
  tell_name(receiving, message);
  size_t good = socket_copy_to(to, 0, message->bytes, len_bytes);
  if (good < len_bytes)
    return -EFAULT;
  local_rights_put(&receiving->control, receiving->end, message,
                   (receiving->flags & MSG_CMSG_CLOEXEC) != 0);
  return (receiving->flags & MSG_TRUNC) != 0 ? (long) message->len_bytes : (long) len_bytes;
}

/* Locked: 0 when there is one, or as wait_for_data(). */
static int wait_for_packet(struct receiving *receiving)
{
  struct local_end *end = receiving->end;
  int error = 0;
  if (end->first != NULL)
    return 0;
  uint32_t seen = wait_word_begin(&end->data);
  while (end->first == NULL && error == 0)
  {
    error = wait_for_data(receiving, seen);
    seen = wait_word_look(&end->data);
  }
  wait_word_end(&end->data);
  return end->first != NULL ? 0 : error;
}

static long receive_packet(struct receiving *receiving)
{
  struct local_end *end = receiving->end;
  bool peeks = (receiving->flags & MSG_PEEK) != 0;
  if (end->type == SOCK_SEQPACKET && end->state != LOCAL_CONNECTED)
    return -ENOTCONN;
  mutex_lock(&end->mutex);
  long result = wait_for_packet(receiving);
  if (result == 0)
  {
    result = copy_packet(receiving, end->first);
    if (!peeks)
      take_first(receiving);
  }
  else if (result == 1)
  {
    tell_name(receiving, NULL);
    result = 0;
  }
  bool is_more = end->first != NULL;
  mutex_unlock(&end->mutex);
  if (!peeks && result >= 0)
    local_end_drained(end);
  if (is_more)
    wait_word_wake(&end->data, 1);
  return result;
}

long local_receive(struct socket *socket, struct socket_message *message)
{
  struct receiving receiving = {
      .socket = socket,
      .end = local_end_of(socket),
      .to = message,
      .control = {.message = message},
      .flags = message->flags,
      .waits = socket_waits(socket, message->flags),
      .deadline_ns = socket_deadline(&socket->receive_timeout_ns),
  };
  message->flags = 0;
  if ((receiving.flags & MSG_OOB) != 0)
    return -EOPNOTSUPP;
  if (message->name != NULL)
    message->name->len_bytes = 0;
  long result =
      socket->type == SOCK_STREAM ? receive_stream(&receiving) : receive_packet(&receiving);
  finish(&receiving);
  return result;
}
