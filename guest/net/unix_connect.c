/* Local sockets are connected: by listen(), connect() and accept(), as pairs, or for datagrams. */
#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "net/unix.h"

#define BACKLOG_MAX 4096u

static void set_peer(struct local_end *end, struct local_end *peer, enum local_state state)
{
  mutex_lock(&end->mutex);
  end->peer = peer != NULL ? local_end_get(peer) : NULL;
  end->state = state;
  if (peer != NULL)
    end->peer_identity = local_identity();
  mutex_unlock(&end->mutex);
}

void local_join(struct local_end *one, struct local_end *other)
{
  enum local_state state = one->type != SOCK_DGRAM ? LOCAL_CONNECTED : LOCAL_IDLE;
  set_peer(one, other, state);
  set_peer(other, one, state);
}

int local_listen(struct socket *socket, int backlog)
{
  struct local_end *end = local_end_of(socket);
  int error = 0;
  if (end->type == SOCK_DGRAM)
    return -EOPNOTSUPP;
  mutex_lock(&local_structure);
  mutex_lock(&end->mutex);
  if (end->address == NULL || end->state == LOCAL_CONNECTED)
    error = -EINVAL;
  else
  {
    end->state = LOCAL_LISTENS;
    end->backlog = (unsigned int) backlog > BACKLOG_MAX ? BACKLOG_MAX : (uint32_t) backlog;
    end->peer_identity = local_identity();
  }
  mutex_unlock(&end->mutex);
  mutex_unlock(&local_structure);
  if (error == 0)
    local_end_changed(end);
  return error;
}

/* ---- connect(): streams and sequences of packets ---- */

static int check_listener(const struct local_end *end, const struct local_end *listener)
{
  if (listener == NULL)
    return -ECONNREFUSED;
  if (listener->type != end->type)
    return -EPROTOTYPE;
  if (listener->state != LOCAL_LISTENS || (listener->shut & LOCAL_SHUT_RECEIVE) != 0)
    return -ECONNREFUSED;
  if (end->state == LOCAL_CONNECTED)
    return -EISCONN;
  return end->state == LOCAL_LISTENS ? -EINVAL : 0;
}

/* local_structure is held. -EAGAIN: no room, and *full is the listener with a reference. */
static int connect_locked(struct local_end *end, struct local_end *accepted,
                          const struct local_key *key, struct local_end **full)
{
  struct local_end *listener = local_find(key);
  int error = check_listener(end, listener);
  if (error != 0)
    return error;
  mutex_lock(&listener->mutex);
  bool has_room = listener->pending_count <= listener->backlog;
  mutex_unlock(&listener->mutex);
  if (!has_room)
  {
    *full = local_end_get(listener);
    return -EAGAIN;
  }
  accepted->address = local_address_get(listener->address);
  accepted->device = listener->device;
  accepted->number = listener->number;
  accepted->tells_identity = listener->tells_identity;
  local_join(end, accepted);
  mutex_lock(&listener->mutex);
  accepted->pending_next = NULL;
  if (listener->pending_last != NULL)
    listener->pending_last->pending_next = accepted;
  else
    listener->pending_first = accepted;
  listener->pending_last = accepted;
  listener->pending_count++;
  mutex_unlock(&listener->mutex);
  wait_word_wake(&listener->data, 1);
  wait_source_tell(&listener->source, LOCAL_READABLE);
  wait_source_tell(&end->source, LOCAL_WRITABLE);
  return 0;
}

static bool is_full(struct local_end *listener)
{
  mutex_lock(&listener->mutex);
  bool is_full = !listener->is_closed && listener->pending_count > listener->backlog;
  mutex_unlock(&listener->mutex);
  return is_full;
}

/* Waits for room at a listener, and gives its reference back: 0, -EAGAIN, -EINTR. */
static int wait_for_listener(struct local_end *listener, uint64_t deadline_ns)
{
  int error = 0;
  uint32_t seen = wait_word_begin(&listener->room);
  while (error == 0 && is_full(listener))
  {
    error = wait_word_sleep(&listener->room, seen, deadline_ns);
    seen = wait_word_look(&listener->room);
  }
  wait_word_end(&listener->room);
  local_end_put(listener);
  return error == -ETIMEDOUT ? -EAGAIN : error;
}

static int connect_stream(struct socket *socket, const struct socket_name *name)
{
  struct local_end *end = local_end_of(socket);
  uint64_t deadline_ns = socket_deadline(&socket->send_timeout_ns);
  struct local_end *accepted = local_end_new(end->type);
  int error = accepted != NULL ? 0 : -ENOMEM;
  while (error == 0)
  {
    struct local_key key;
    struct local_end *full = NULL;
    error = local_key_of(name, end->type, &key);
    if (error != 0)
      break;
    mutex_lock(&local_structure);
    error = connect_locked(end, accepted, &key, &full);
    mutex_unlock(&local_structure);
    if (error == 0)
      return 0;
    if (full == NULL)
      break;
    if (!socket_waits(socket, 0))
      local_end_put(full);
    else
      error = wait_for_listener(full, deadline_ns);
  }
  if (accepted != NULL)
    local_end_put(accepted);
  return error;
}

/* ---- connect(): datagrams ---- */

/* local_structure is held: what came from the peer before is forgotten, which *messages is. */
static struct local_end *leave_peer(struct local_end *end, struct local_message **messages)
{
  mutex_lock(&end->mutex);
  struct local_end *peer = end->peer;
  end->peer = NULL;
  if (peer != NULL)
  {
    *messages = end->first;
    end->first = end->last = NULL;
    end->count = 0;
    end->unread_bytes = 0;
  }
  mutex_unlock(&end->mutex);
  if (peer != NULL && peer->peer == end && !peer->is_closed)
  {
    __atomic_store_n(&peer->error, -ECONNRESET, __ATOMIC_RELAXED);
    local_end_changed(peer);
  }
  return peer;
}

/* A null name: to nobody. */
static int connect_datagrams(struct local_end *end, const struct socket_name *name)
{
  struct local_key key;
  struct local_message *messages = NULL;
  struct local_end *former = NULL;
  struct local_end *peer = NULL;
  int error = name != NULL ? local_key_of(name, end->type, &key) : 0;
  if (error != 0)
    return error;
  mutex_lock(&local_structure);
  if (name != NULL)
  {
    peer = local_find(&key);
    if (peer == NULL)
      error = -ECONNREFUSED;
    else if (peer->type != end->type)
      error = -EPROTOTYPE;
    else if (peer->peer != NULL && peer->peer != end)
      error = -EPERM;
  }
  if (error == 0 && (peer == NULL || peer != end->peer))
  {
    former = leave_peer(end, &messages);
    set_peer(end, peer, LOCAL_IDLE);
  }
  mutex_unlock(&local_structure);
  if (error != 0)
    return error;
  local_full_leave(end);
  local_messages_free(messages);
  if (former != NULL)
    local_end_put(former);
  local_end_changed(end);
  return 0;
}

int local_connect(struct socket *socket, const struct socket_name *name)
{
  struct local_end *end = local_end_of(socket);
  if (end->type != SOCK_DGRAM)
    return connect_stream(socket, name);
  if (name->len_bytes < sizeof(sa_family_t))
    return -EINVAL;
  return connect_datagrams(end, name->family != AF_UNSPEC ? name : NULL);
}

/* ---- accept() ---- */

/* The first that waits; null with -EINVAL: none will come, with 0: none is there. */
static struct local_end *take_pending(struct local_end *listener, int *error)
{
  mutex_lock(&listener->mutex);
  struct local_end *end = listener->pending_first;
  if (listener->state != LOCAL_LISTENS ||
      (end == NULL && (listener->shut & LOCAL_SHUT_RECEIVE) != 0))
    *error = -EINVAL;
  else if (end != NULL)
  {
    listener->pending_first = end->pending_next;
    if (listener->pending_first == NULL)
      listener->pending_last = NULL;
    listener->pending_count--;
  }
  mutex_unlock(&listener->mutex);
  return *error == 0 ? end : NULL;
}

int local_accept_end(struct socket *socket, struct local_end **accepted)
{
  struct local_end *listener = local_end_of(socket);
  int error = 0;
  if (listener->type == SOCK_DGRAM)
    return -EOPNOTSUPP;
  *accepted = take_pending(listener, &error);
  if (*accepted == NULL && error == 0)
  {
    if (!socket_waits(socket, 0))
      return -EAGAIN;
    uint64_t deadline_ns = socket_deadline(&socket->receive_timeout_ns);
    int wait_error = 0;
    uint32_t seen = wait_word_begin(&listener->data);
    while ((*accepted = take_pending(listener, &error)) == NULL && error == 0 && wait_error == 0)
    {
      wait_error = wait_word_sleep(&listener->data, seen, deadline_ns);
      seen = wait_word_look(&listener->data);
    }
    wait_word_end(&listener->data);
    if (error == 0 && *accepted == NULL)
      error = wait_error == -ETIMEDOUT ? -EAGAIN : wait_error;
  }
  if (*accepted == NULL)
    return error;
  wait_word_wake(&listener->room, INT_MAX);
  return 0;
}
