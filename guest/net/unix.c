/* Local sockets (AF_UNIX): made, looked at, shut down and closed. */
#include "net/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "fs/program_memory.h"
#include "mm/kernel_heap.h"

static const struct socket_operations operations;

/* Takes over the end's reference, but not if it fails. */
static int wrap(struct local_end *end, int protocol, uint32_t flags, struct file **file)
{
  struct local_socket *socket = kernel_allocate(sizeof(*socket));
  if (socket == NULL)
    return -ENOMEM;
  socket_init(&socket->socket, &operations, AF_UNIX, end->type, protocol, flags);
  socket->end = end;
  *file = &socket->socket.file;
  return 0;
}

static int check(int *type, int protocol)
{
  if (protocol != 0 && protocol != PF_UNIX)
    return -EPROTONOSUPPORT;
  if (*type == SOCK_RAW)
    *type = SOCK_DGRAM;
  if (*type != SOCK_STREAM && *type != SOCK_DGRAM && *type != SOCK_SEQPACKET)
    return -ESOCKTNOSUPPORT;
  return 0;
}

int local_socket_create(int type, int protocol, uint32_t flags, struct file **file)
{
  int error = check(&type, protocol);
  if (error != 0)
    return error;
  struct local_end *end = local_end_new(type);
  if (end == NULL)
    return -ENOMEM;
  error = wrap(end, protocol, flags, file);
  if (error != 0)
    local_end_put(end);
  return error;
}

int local_socket_pair(int type, int protocol, uint32_t flags, struct file *files[static 2])
{
  int error = local_socket_create(type, protocol, flags, &files[0]);
  if (error != 0)
    return error;
  error = local_socket_create(type, protocol, flags, &files[1]);
  if (error != 0)
  {
    file_put(files[0]);
    return error;
  }
  mutex_lock(&local_structure);
  local_join(local_end_of(socket_of(files[0])), local_end_of(socket_of(files[1])));
  mutex_unlock(&local_structure);
  return 0;
}

static int accept_one(struct socket *socket, uint32_t flags, struct file **accepted,
                      struct socket_name *peer)
{
  struct local_end *end;
  int error = local_accept_end(socket, &end);
  if (error != 0)
    return error;
  error = wrap(end, socket->protocol, flags, accepted);
  if (error != 0)
    local_end_close(end, false);
  else
    (void) local_name(socket_of(*accepted), true, peer);
  return error;
}

static int release(struct socket *socket)
{
  local_end_close(local_end_of(socket), true);
  kernel_free(socket, sizeof(struct local_socket));
  return 0;
}

/* ---- shutdown() ---- */

static void shut(struct local_end *end, uint32_t ways)
{
  mutex_lock(&end->mutex);
  __atomic_fetch_or(&end->shut, ways, __ATOMIC_SEQ_CST);
  mutex_unlock(&end->mutex);
  local_end_changed(end);
}

static int shut_down(struct socket *socket, int how)
{
  static const uint32_t own[] = {LOCAL_SHUT_RECEIVE, LOCAL_SHUT_SEND, LOCAL_SHUT_BOTH};
  static const uint32_t others[] = {LOCAL_SHUT_SEND, LOCAL_SHUT_RECEIVE, LOCAL_SHUT_BOTH};
  struct local_end *end = local_end_of(socket);
  mutex_lock(&local_structure);
  shut(end, own[how]);
  if (end->peer != NULL && end->type != SOCK_DGRAM)
    shut(end->peer, others[how]);
  mutex_unlock(&local_structure);
  return 0;
}

/* ---- What it is ready for ---- */

static bool is_full(struct local_end *end, struct local_end *target)
{
  mutex_lock(&target->mutex);
  bool is_full = !target->is_closed && target != end && target->peer != end &&
                 target->count > LOCAL_PACKETS_MAX;
  mutex_unlock(&target->mutex);
  return is_full;
}

/* Whether datagrams can go to the peer. If not, the end is told when they can. */
static bool peer_has_room(struct local_end *end)
{
  struct local_end *peer = end->type == SOCK_DGRAM ? local_peer_of(end) : NULL;
  bool has_room = true;
  if (peer == NULL)
    return true;
  if (is_full(end, peer))
  {
    local_full_join(end, peer);
    has_room = !is_full(end, peer);
  }
  local_end_put(peer);
  return has_room;
}

static unsigned int poll_socket(struct socket *socket, struct wait_entry *entry)
{
  struct local_end *end = local_end_of(socket);
  unsigned int events = 0;
  if (entry != NULL)
    wait_source_add(&end->source, entry);
  mutex_lock(&end->mutex);
  uint32_t is_shut = end->shut;
  if (end->first != NULL || end->pending_first != NULL)
    events |= LOCAL_READABLE;
  if (end->type != SOCK_DGRAM && end->state == LOCAL_IDLE)
    events |= POLLHUP;
  mutex_unlock(&end->mutex);
  if (__atomic_load_n(&end->error, __ATOMIC_RELAXED) != 0)
    events |= POLLERR;
  if (is_shut == LOCAL_SHUT_BOTH)
    events |= POLLHUP;
  if ((is_shut & LOCAL_SHUT_RECEIVE) != 0)
    events |= POLLRDHUP | LOCAL_READABLE;
  if (local_is_writable(end) && peer_has_room(end))
    events |= LOCAL_WRITABLE;
  return events;
}

/* ---- ioctl() ---- */

static int unread_of(struct local_end *end, int *bytes)
{
  mutex_lock(&end->mutex);
  int error = end->state == LOCAL_LISTENS ? -EINVAL : 0;
  if (end->type == SOCK_DGRAM)
    *bytes = end->first != NULL ? (int) end->first->len_bytes : 0;
  else
    *bytes = (int) end->unread_bytes;
  mutex_unlock(&end->mutex);
  return error;
}

static int control(struct socket *socket, unsigned long request, void *argument)
{
  struct local_end *end = local_end_of(socket);
  int bytes = 0;
  int error = 0;
  if (request == FIONREAD)
    error = unread_of(end, &bytes);
  else if (request == TIOCOUTQ)
    bytes = (int) __atomic_load_n(&end->sent_bytes, __ATOMIC_RELAXED);
  else
    return -ENOTTY;
  return error != 0 ? error : program_put(argument, &bytes, sizeof(bytes));
}

static const struct socket_operations operations = {
    .bind = local_bind,
    .listen = local_listen,
    .accept = accept_one,
    .connect = local_connect,
    .send = local_send,
    .receive = local_receive,
    .shutdown = shut_down,
    .name = local_name,
    .set_option = local_set_option,
    .get_option = local_get_option,
    .control = control,
    .poll = poll_socket,
    .release = release,
};
