/* Ends of local sockets: what they are connected to, and their close. */
#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "mm/kernel_heap.h"
#include "net/unix.h"
#include "posix/sys.h"
#include "start_info.h"

struct mutex local_structure;

static struct spinlock full_lock;

struct ucred local_identity(void)
{
  return (struct ucred){.pid = sys_getpid(), .uid = start_info->user, .gid = start_info->group};
}

struct local_address *local_address_get(struct local_address *address)
{
  if (address != NULL)
    __atomic_add_fetch(&address->references, 1, __ATOMIC_RELAXED);
  return address;
}

void local_address_put(struct local_address *address)
{
  if (address != NULL && __atomic_sub_fetch(&address->references, 1, __ATOMIC_ACQ_REL) == 0)
    kernel_free(address, sizeof(*address));
}

struct local_end *local_end_new(int type)
{
  struct local_end *end = kernel_allocate_zeroed(sizeof(*end));
  if (end == NULL)
    return NULL;
  end->references = 1;
  end->type = type;
  end->send_limit_bytes = end->receive_bytes = LOCAL_BUFFER_BYTES;
  end->peer_identity = (struct ucred){.uid = (uid_t) -1, .gid = (gid_t) -1};
  return end;
}

void local_end_put(struct local_end *end)
{
  if (__atomic_sub_fetch(&end->references, 1, __ATOMIC_ACQ_REL) != 0)
    return;
  local_address_put(end->address);
  kernel_free(end, sizeof(*end));
}

struct local_end *local_peer_of(struct local_end *end)
{
  mutex_lock(&end->mutex);
  struct local_end *peer = end->peer != NULL ? local_end_get(end->peer) : NULL;
  mutex_unlock(&end->mutex);
  return peer;
}

int local_end_error(struct local_end *end)
{
  if (__atomic_load_n(&end->error, __ATOMIC_RELAXED) == 0)
    return 0;
  return __atomic_exchange_n(&end->error, 0, __ATOMIC_RELAXED);
}

bool local_is_writable(const struct local_end *end)
{
  return __atomic_load_n(&end->sent_bytes, __ATOMIC_SEQ_CST) * 4 <=
         __atomic_load_n(&end->send_limit_bytes, __ATOMIC_RELAXED);
}

void local_end_changed(struct local_end *end)
{
  wait_word_wake(&end->data, INT_MAX);
  wait_word_wake(&end->room, INT_MAX);
  wait_word_wake(&end->own_room, INT_MAX);
  wait_source_tell(&end->source, ~0u);
}

/* ---- Senders of datagrams that wait in poll() for room elsewhere ---- */

void local_full_join(struct local_end *sender, struct local_end *target)
{
  uint32_t was_masked = spinlock_lock_masked(&full_lock);
  if (sender->full_of == NULL)
  {
    sender->full_of = local_end_get(target);
    sender->full_next = target->full_first;
    __atomic_store_n(&target->full_first, local_end_get(sender), __ATOMIC_SEQ_CST);
  }
  spinlock_unlock_restore(&full_lock, was_masked);
}

void local_full_leave(struct local_end *sender)
{
  uint32_t was_masked = spinlock_lock_masked(&full_lock);
  struct local_end *target = sender->full_of;
  if (target != NULL)
  {
    struct local_end **link = &target->full_first;
    while (*link != sender)
      link = &(*link)->full_next;
    *link = sender->full_next;
    sender->full_of = NULL;
  }
  spinlock_unlock_restore(&full_lock, was_masked);
  if (target == NULL)
    return;
  local_end_put(target);
  local_end_put(sender);
}

static void tell_full(struct local_end *target)
{
  if (__atomic_load_n(&target->full_first, __ATOMIC_SEQ_CST) == NULL)
    return;
  for (;;)
  {
    uint32_t was_masked = spinlock_lock_masked(&full_lock);
    struct local_end *sender = target->full_first;
    if (sender != NULL)
    {
      target->full_first = sender->full_next;
      sender->full_of = NULL;
    }
    spinlock_unlock_restore(&full_lock, was_masked);
    if (sender == NULL)
      return;
    wait_source_tell(&sender->source, LOCAL_WRITABLE);
    local_end_put(sender);
    local_end_put(target);
  }
}

void local_end_drained(struct local_end *end)
{
  wait_word_wake(&end->room, INT_MAX);
  tell_full(end);
}

/* ---- Closing ---- */

/* local_structure is held: the peer of a connection learns that it is over. */
static void tell_peer(struct local_end *peer, bool was_reset)
{
  mutex_lock(&peer->mutex);
  peer->shut = LOCAL_SHUT_BOTH;
  mutex_unlock(&peer->mutex);
  if (was_reset)
    __atomic_store_n(&peer->error, -ECONNRESET, __ATOMIC_RELAXED);
  local_end_changed(peer);
}

void local_end_close(struct local_end *end, bool was_accepted)
{
  mutex_lock(&local_structure);
  local_unbind(end);
  mutex_lock(&end->mutex);
  struct local_message *messages = end->first;
  struct local_end *pending = end->pending_first;
  struct local_end *peer = end->peer;
  end->is_closed = true;
  end->shut = LOCAL_SHUT_BOTH;
  end->first = end->last = NULL;
  end->pending_first = end->pending_last = NULL;
  end->peer = NULL;
  mutex_unlock(&end->mutex);
  if (peer != NULL && end->type != SOCK_DGRAM)
    tell_peer(peer, messages != NULL || !was_accepted);
  mutex_unlock(&local_structure);
  local_full_leave(end);
  local_end_changed(end);
  tell_full(end);
  local_messages_free(messages);
  while (pending != NULL)
  {
    struct local_end *next = pending->pending_next;
    local_end_close(pending, false);
    pending = next;
  }
  if (peer != NULL)
    local_end_put(peer);
  local_end_put(end);
}
