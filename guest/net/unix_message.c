/* Messages of local sockets: memory, who is charged for it, and the end of what they carry. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "mm/kernel_heap.h"
#include "net/unix.h"

struct local_message *local_message_new(struct local_end *sender, size_t len_bytes)
{
  size_t size = sizeof(struct local_message) + len_bytes;
  struct local_message *message = kernel_allocate(size);
  if (message == NULL)
    return NULL;
  *message = (struct local_message){
      .sender = local_end_get(sender), .size_bytes = size, .len_bytes = (uint32_t) len_bytes};
  __atomic_add_fetch(&sender->sent_bytes, size, __ATOMIC_SEQ_CST);
  return message;
}

static void free_one(struct local_message *message)
{
  struct local_end *sender = message->sender;
  local_rights_drop(&message->rights);
  local_address_put(message->from);
  __atomic_sub_fetch(&sender->sent_bytes, message->size_bytes, __ATOMIC_SEQ_CST);
  if (local_is_writable(sender))
  {
    wait_word_wake(&sender->own_room, INT_MAX);
    wait_source_tell(&sender->source, LOCAL_WRITABLE);
  }
  local_end_put(sender);
  kernel_free(message, message->size_bytes);
}

/* A file that goes with a message may be a socket with messages, and so on. So that the stack does
 * not grow with them, whoever is at it already frees those as well. */
static struct
{
  struct spinlock lock;
  struct local_message *first;
  bool is_busy;
} dead;

static struct local_message *next_dead(void)
{
  uint32_t was_masked = spinlock_lock_masked(&dead.lock);
  struct local_message *message = dead.first;
  if (message != NULL)
    dead.first = message->next;
  else
    dead.is_busy = false;
  spinlock_unlock_restore(&dead.lock, was_masked);
  return message;
}

static void bury(struct local_message *message)
{
  uint32_t was_masked = spinlock_lock_masked(&dead.lock);
  bool was_busy = dead.is_busy;
  message->next = dead.first;
  dead.first = message;
  dead.is_busy = true;
  spinlock_unlock_restore(&dead.lock, was_masked);
  if (was_busy)
    return;
  while ((message = next_dead()) != NULL)
    free_one(message);
}

void local_messages_free(struct local_message *first)
{
  while (first != NULL)
  {
    struct local_message *next = first->next;
    if (first->rights.count == 0)
      free_one(first);
    else
      bury(first);
    first = next;
  }
}

static bool has_room(const struct local_end *end)
{
  return __atomic_load_n(&end->sent_bytes, __ATOMIC_SEQ_CST) <
         __atomic_load_n(&end->send_limit_bytes, __ATOMIC_RELAXED);
}

/* 1: there is no room yet. */
static int may_send(struct local_end *end)
{
  int error = local_end_error(end);
  if (error != 0)
    return error;
  if ((__atomic_load_n(&end->shut, __ATOMIC_RELAXED) & LOCAL_SHUT_SEND) != 0)
    return -EPIPE;
  return has_room(end) ? 0 : 1;
}

int local_wait_to_send(struct local_end *end, bool waits, uint64_t deadline_ns)
{
  int result = may_send(end);
  if (result != 1)
    return result;
  if (!waits)
    return -EAGAIN;
  int error = 0;
  uint32_t seen = wait_word_begin(&end->own_room);
  while ((result = may_send(end)) == 1 && error == 0)
  {
    error = wait_word_sleep(&end->own_room, seen, deadline_ns);
    seen = wait_word_look(&end->own_room);
  }
  wait_word_end(&end->own_room);
  if (result != 1)
    return result;
  return error == -ETIMEDOUT ? -EAGAIN : error;
}
