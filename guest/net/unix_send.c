/* Sending through local sockets: a message goes straight to whom it is for. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "net/unix.h"

#define CHUNK_BYTES 32768u /* of a stream, in one message */

/* Locked target: the message is there from now on. */
static void append(struct local_end *target, struct local_message *message)
{
  message->next = NULL;
  if (target->last != NULL)
    target->last->next = message;
  else
    target->first = message;
  target->last = message;
  target->unread_bytes += message->len_bytes;
  target->count++;
}

static void tell(struct local_end *target)
{
  wait_word_wake(&target->data, 1);
  wait_source_tell(&target->source, LOCAL_READABLE);
}

static bool is_shut(const struct local_end *end, uint32_t way)
{
  return (__atomic_load_n(&end->shut, __ATOMIC_RELAXED) & way) != 0;
}

/* A message with the next bytes of the program's, fewer where they cannot be read: null and the
 * error. */
static struct local_message *gather(struct local_end *end, const struct socket_message *from,
                                    size_t offset, size_t len_bytes, int *error)
{
  struct local_message *message = local_message_new(end, len_bytes);
  *error = -ENOBUFS;
  if (message == NULL)
    return NULL;
  size_t good = socket_copy_from(message->bytes, from, offset, len_bytes);
  if (good < len_bytes && (good == 0 || end->type != SOCK_STREAM))
  {
    *error = -EFAULT;
    local_messages_free(message);
    return NULL;
  }
  message->len_bytes = (uint32_t) good;
  message->from = local_address_get(__atomic_load_n(&end->address, __ATOMIC_ACQUIRE));
  *error = 0;
  return message;
}

/* ---- Streams ---- */

static int append_stream(struct local_end *end, struct local_end *peer,
                         struct local_message *message)
{
  mutex_lock(&peer->mutex);
  int error = peer->is_closed || is_shut(peer, LOCAL_SHUT_RECEIVE) || is_shut(end, LOCAL_SHUT_SEND)
                  ? -EPIPE
                  : 0;
  if (error == 0)
    append(peer, message);
  mutex_unlock(&peer->mutex);
  if (error != 0)
    local_messages_free(message);
  else
    tell(peer);
  return error;
}

/* Files go with the first message. Returns the bytes that were sent before an error, or that. */
static long send_pieces(struct socket *socket, struct local_end *peer,
                        const struct socket_message *from, struct local_rights *rights)
{
  struct local_end *end = local_end_of(socket);
  uint64_t deadline_ns = socket_deadline(&socket->send_timeout_ns);
  bool waits = socket_waits(socket, from->flags);
  size_t done = 0;
  int error = 0;
  while (done < from->total_bytes)
  {
    size_t most = __atomic_load_n(&end->send_limit_bytes, __ATOMIC_RELAXED) / 2 - 64;
    most = most < CHUNK_BYTES ? most : CHUNK_BYTES;
    size_t wish = from->total_bytes - done < most ? from->total_bytes - done : most;
    error = local_wait_to_send(end, waits, deadline_ns);
    struct local_message *message = error == 0 ? gather(end, from, done, wish, &error) : NULL;
    if (message == NULL)
      break;
    size_t len_bytes = message->len_bytes;
    message->rights = *rights;
    *rights = (struct local_rights){0};
    error = append_stream(end, peer, message);
    if (error != 0)
      break;
    done += len_bytes;
  }
  return done > 0 ? (long) done : error;
}

static long send_stream(struct socket *socket, const struct socket_message *from,
                        struct local_rights *rights)
{
  struct local_end *end = local_end_of(socket);
  struct local_end *peer = local_peer_of(end);
  long result;
  if (from->name != NULL && from->name->len_bytes != 0)
    result = end->state == LOCAL_CONNECTED ? -EISCONN : -EOPNOTSUPP;
  else if (peer == NULL)
    result = -ENOTCONN;
  else if (is_shut(end, LOCAL_SHUT_SEND))
  {
    result = local_end_error(end);
    result = result != 0 ? result : -EPIPE;
  }
  else
    result = send_pieces(socket, peer, from, rights);
  if (peer != NULL)
    local_end_put(peer);
  return result;
}

/* ---- Packets ---- */

/* To whom: with a reference, or null and the error. */
static struct local_end *target_of(struct local_end *end, const struct socket_name *name,
                                   int *error)
{
  struct local_key key;
  struct local_end *target;
  *error = 0;
  if (end->type == SOCK_SEQPACKET || name == NULL || name->len_bytes == 0)
  {
    target = local_peer_of(end);
    *error = target == NULL ? -ENOTCONN : 0;
    return target;
  }
  *error = local_key_of(name, end->type, &key);
  if (*error != 0)
    return NULL;
  mutex_lock(&local_structure);
  target = local_find(&key);
  if (target == NULL)
    *error = -ECONNREFUSED;
  else if (target->type != end->type)
    *error = -EPROTOTYPE;
  if (*error == 0)
    local_end_get(target);
  mutex_unlock(&local_structure);
  return *error == 0 ? target : NULL;
}

/* A datagram socket whose peer is gone has none any more. */
static void forget_peer(struct local_end *end, struct local_end *peer)
{
  mutex_lock(&local_structure);
  mutex_lock(&end->mutex);
  bool is_peer = end->peer == peer;
  if (is_peer)
    end->peer = NULL;
  mutex_unlock(&end->mutex);
  mutex_unlock(&local_structure);
  if (is_peer)
    local_end_put(peer);
}

/* The target is locked. 1: it is full. */
static int try_packet(struct local_end *end, struct local_end *target,
                      struct local_message *message)
{
  if (is_shut(end, LOCAL_SHUT_SEND))
    return -EPIPE;
  if (target->is_closed)
    return end->type == SOCK_DGRAM ? -ECONNREFUSED : -EPIPE;
  if (target->peer != NULL && target->peer != end)
    return -EPERM;
  if (is_shut(target, LOCAL_SHUT_RECEIVE))
    return -EPIPE;
  if (target != end && target->peer != end && target->count > LOCAL_PACKETS_MAX)
    return 1;
  append(target, message);
  return 0;
}

static int append_packet(struct local_end *end, struct local_end *target,
                         struct local_message *message)
{
  mutex_lock(&target->mutex);
  int error = try_packet(end, target, message);
  mutex_unlock(&target->mutex);
  if (error == 0)
    tell(target);
  if (error == -ECONNREFUSED)
    forget_peer(end, target);
  return error;
}

static int put_packet(struct local_end *end, struct local_end *target,
                      struct local_message *message, bool waits, uint64_t deadline_ns)
{
  int result = append_packet(end, target, message);
  if (result != 1)
    return result;
  if (!waits)
    return -EAGAIN;
  int error = 0;
  uint32_t seen = wait_word_begin(&target->room);
  while ((result = append_packet(end, target, message)) == 1 && error == 0)
  {
    error = wait_word_sleep(&target->room, seen, deadline_ns);
    seen = wait_word_look(&target->room);
  }
  wait_word_end(&target->room);
  if (result != 1)
    return result;
  return error == -ETIMEDOUT ? -EAGAIN : error;
}

static long send_packet(struct socket *socket, const struct socket_message *from,
                        struct local_rights *rights)
{
  struct local_end *end = local_end_of(socket);
  uint64_t deadline_ns = socket_deadline(&socket->send_timeout_ns);
  bool waits = socket_waits(socket, from->flags);
  struct local_message *message = NULL;
  int error = 0;
  struct local_end *target = target_of(end, from->name, &error);
  if (target == NULL)
    return error;
  if (from->total_bytes > __atomic_load_n(&end->send_limit_bytes, __ATOMIC_RELAXED) - 32)
    error = -EMSGSIZE;
  if (error == 0)
    error = local_wait_to_send(end, waits, deadline_ns);
  if (error == 0)
    message = gather(end, from, 0, from->total_bytes, &error);
  if (message != NULL)
  {
    message->rights = *rights;
    *rights = (struct local_rights){0};
    error = put_packet(end, target, message, waits, deadline_ns);
    if (error != 0)
      local_messages_free(message);
  }
  local_end_put(target);
  return error != 0 ? error : (long) from->total_bytes;
}

long local_send(struct socket *socket, struct socket_message *message)
{
  struct local_rights rights;
  if ((message->flags & MSG_OOB) != 0)
    return -EOPNOTSUPP;
  int error = local_rights_read(&rights, message);
  if (error != 0)
    return error;
  long result = socket->type == SOCK_STREAM ? send_stream(socket, message, &rights)
                                            : send_packet(socket, message, &rights);
  local_rights_drop(&rights);
  return result;
}
