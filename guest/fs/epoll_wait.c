/* Waiting for an epoll: what is in its list of the ready is looked at, and nothing else. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "fs/epoll.h"
#include "fs/program_memory.h"
#include "posix/poll.h"
#include "signal/delivery.h"

static unsigned int look(struct epoll_item *item, struct wait_entry *entry)
{
  return file_poll(item->file, entry) & item->event.events & ~(uint32_t) EPOLL_MODES;
}

/* For files that tell once: who looks waits anew. */
static unsigned int look_again(struct epoll_item *item)
{
  if (!item->file->operations->tells_once)
    return look(item, NULL);
  wait_entry_remove(&item->entry);
  return look(item, &item->entry);
}

void epoll_watch(struct epoll_item *item)
{
  item->entry.events = item->event.events & ~(uint32_t) EPOLL_MODES;
  item->entry.is_exclusive = (item->event.events & EPOLLEXCLUSIVE) != 0;
  item->entry.tell = epoll_tell;
  if (look(item, &item->entry) != 0)
    epoll_make_ready(item);
}

/* What there is to report of an item. */
static unsigned int report(struct epoll_item *item)
{
  bool was_told = epoll_begin_look(item);
  unsigned int found = look_again(item);
  bool is_edge = (item->event.events & EPOLLET) != 0;
  if (found == 0)
    return 0;
  if ((item->event.events & EPOLLONESHOT) != 0)
  {
    item->event.events &= EPOLL_MODES;
    __atomic_store_n(&item->entry.events, 0, __ATOMIC_RELAXED);
  }
  else if (!is_edge || item->file->operations->tells_once)
    epoll_requeue(item);
  return is_edge && !was_told ? 0 : found;
}

/* Locked: fills events from the items that are ready now. */
static int fill(struct epoll *epoll, struct epoll_event *events, int most)
{
  struct epoll_item *item = epoll_take_ready(epoll);
  int count = 0;
  int error = 0;
  while (item != NULL && count < most)
  {
    struct epoll_item *next = item->ready_next;
    if (!program_may(&events[count], sizeof(*events), ADDRESS_WRITE))
    {
      error = -EFAULT;
      break;
    }
    unsigned int found = report(item);
    if (found != 0)
    {
      events[count].events = found;
      events[count].data = item->event.data;
      count++;
    }
    item = next;
  }
  /* Those that were not looked at come first the next time. */
  epoll_give_ready(epoll, item);
  return count > 0 ? count : error;
}

static int harvest(struct epoll *epoll, struct epoll_event *events, int most)
{
  if (__atomic_load_n(&epoll->ready_first, __ATOMIC_RELAXED) == NULL)
    return 0;
  mutex_lock(&epoll->mutex);
  int count = fill(epoll, events, most);
  mutex_unlock(&epoll->mutex);
  if (__atomic_load_n(&epoll->ready_first, __ATOMIC_RELAXED) != NULL && count > 0)
    wait_word_wake(&epoll->waiters, 1);
  return count;
}

int epoll_wait_ready(struct epoll *epoll, struct epoll_event *events, int most,
                     uint64_t deadline_ns, const struct signal_mark *mark)
{
  int count = harvest(epoll, events, most);
  if (count != 0 || deadline_ns == 0)
    return count;
  uint32_t seen = wait_word_begin(&epoll->waiters);
  int error = signal_sleep_again(mark) ? 0 : -EINTR;
  while ((count = harvest(epoll, events, most)) == 0 && error == 0)
  {
    error = wait_word_sleep(&epoll->waiters, seen, deadline_ns);
    seen = wait_word_look(&epoll->waiters);
  }
  wait_word_end(&epoll->waiters);
  return count == 0 && error == -EINTR ? error : count;
}

/* Whether there is something to report of the list's first item, which stays where it is then. */
static bool is_ready_now(struct epoll_item **list)
{
  struct epoll_item *item = *list;
  bool is_reported = (item->event.events & EPOLLET) != 0 && !item->was_told;
  if (!is_reported && look(item, NULL) != 0)
    return true;
  *list = item->ready_next;
  epoll_begin_look(item);
  if (look_again(item) == 0)
    return false;
  epoll_requeue(item);
  return !is_reported;
}

/* Locked. */
static bool is_any_ready(struct epoll *epoll)
{
  struct epoll_item *list = epoll_take_ready(epoll);
  bool is_ready = false;
  while (list != NULL && !is_ready)
    is_ready = is_ready_now(&list);
  epoll_give_ready(epoll, list);
  return is_ready;
}

unsigned int epoll_poll(struct file *file, struct wait_entry *entry)
{
  struct epoll *epoll = (struct epoll *) file;
  if (entry != NULL)
    wait_source_add(&epoll->source, entry);
  if (__atomic_load_n(&epoll->ready_first, __ATOMIC_SEQ_CST) == NULL)
    return 0;
  mutex_lock(&epoll->mutex);
  bool is_ready = is_any_ready(epoll);
  mutex_unlock(&epoll->mutex);
  return is_ready ? POLLIN | POLLRDNORM : 0;
}
