/* The list of what is ready in an epoll: files that tell of changes put themselves there. */
#include <poll.h>
#include <stddef.h>

#include "fs/epoll.h"

/* Locked. */
static void append(struct epoll *epoll, struct epoll_item *item)
{
  item->is_ready = true;
  item->ready_next = NULL;
  if (epoll->ready_last != NULL)
    epoll->ready_last->ready_next = item;
  else
    __atomic_store_n(&epoll->ready_first, item, __ATOMIC_RELAXED);
  epoll->ready_last = item;
}

void epoll_make_ready(struct epoll_item *item)
{
  struct epoll *epoll = item->epoll;
  uint32_t was_masked = spinlock_lock_masked(&epoll->ready_lock);
  item->was_told = true;
  if (!item->is_ready)
    append(epoll, item);
  spinlock_unlock_restore(&epoll->ready_lock, was_masked);
  wait_word_wake(&epoll->waiters, 1);
  wait_source_tell(&epoll->source, POLLIN | POLLRDNORM);
}

void epoll_requeue(struct epoll_item *item)
{
  struct epoll *epoll = item->epoll;
  uint32_t was_masked = spinlock_lock_masked(&epoll->ready_lock);
  if (!item->is_ready)
    append(epoll, item);
  spinlock_unlock_restore(&epoll->ready_lock, was_masked);
}

void epoll_tell(struct wait_entry *entry)
{
  struct epoll_item *item = (struct epoll_item *) entry;
  entry->is_served = __atomic_load_n(&item->epoll->waiters.waiting, __ATOMIC_RELAXED) != 0;
  epoll_make_ready(item);
}

void epoll_unready(struct epoll_item *item)
{
  struct epoll *epoll = item->epoll;
  uint32_t was_masked = spinlock_lock_masked(&epoll->ready_lock);
  struct epoll_item *before = NULL;
  struct epoll_item *at = item->is_ready ? epoll->ready_first : NULL;
  while (at != NULL && at != item)
  {
    before = at;
    at = at->ready_next;
  }
  if (at != NULL)
  {
    if (before != NULL)
      before->ready_next = item->ready_next;
    else
      epoll->ready_first = item->ready_next;
    if (epoll->ready_last == item)
      epoll->ready_last = before;
  }
  item->is_ready = false;
  spinlock_unlock_restore(&epoll->ready_lock, was_masked);
}

struct epoll_item *epoll_take_ready(struct epoll *epoll)
{
  uint32_t was_masked = spinlock_lock_masked(&epoll->ready_lock);
  struct epoll_item *first = epoll->ready_first;
  epoll->ready_first = epoll->ready_last = NULL;
  spinlock_unlock_restore(&epoll->ready_lock, was_masked);
  return first;
}

void epoll_give_ready(struct epoll *epoll, struct epoll_item *first)
{
  struct epoll_item *last = first;
  if (first == NULL)
    return;
  while (last->ready_next != NULL)
    last = last->ready_next;
  uint32_t was_masked = spinlock_lock_masked(&epoll->ready_lock);
  last->ready_next = epoll->ready_first;
  epoll->ready_first = first;
  if (epoll->ready_last == NULL)
    epoll->ready_last = last;
  spinlock_unlock_restore(&epoll->ready_lock, was_masked);
}

bool epoll_begin_look(struct epoll_item *item)
{
  struct epoll *epoll = item->epoll;
  uint32_t was_masked = spinlock_lock_masked(&epoll->ready_lock);
  bool was_told = item->was_told;
  item->is_ready = item->was_told = false;
  item->ready_next = NULL;
  spinlock_unlock_restore(&epoll->ready_lock, was_masked);
  return was_told;
}
