/* epoll: which files are watched. An item is in three lists: the epoll's by number, the file's, by
 * which it goes when the file does, and that of the ready. */
#include "fs/epoll.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>

#include "fs/event_file.h"
#include "mm/kernel_heap.h"

#define ITEMS_FIRST 64

/* What an exclusive item may have. */
#define EXCLUSIVE_EVENTS \
  (EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

/* Guards the lists of all files, and that what is found there is still in its epoll. */
static struct spinlock watchers;

/* Held while an epoll is added to another, so that no loop comes about. */
static struct mutex nesting;

static const struct file_operations operations;

struct epoll *epoll_of(struct file *file)
{
  return file->operations == &operations ? (struct epoll *) file : NULL;
}

static void put(struct epoll *epoll)
{
  if (__atomic_sub_fetch(&epoll->references, 1, __ATOMIC_ACQ_REL) != 0)
    return;
  kernel_free(epoll->items, epoll->items_size * sizeof(struct epoll_item *));
  kernel_free(epoll, sizeof(*epoll));
}

/* ---- Items; the epoll is locked ---- */

static struct epoll_item **find(struct epoll *epoll, const struct file *file, int fd)
{
  static struct epoll_item *nothing;
  struct epoll_item **link = &nothing;
  if ((size_t) fd < epoll->items_size)
    link = &epoll->items[fd];
  while (*link != NULL && (*link)->file != file)
    link = &(*link)->next;
  return link;
}

/* Makes room for a number: 0 or -ENOMEM. */
static int grow(struct epoll *epoll, int fd)
{
  size_t size = ITEMS_FIRST;
  if ((size_t) fd < epoll->items_size)
    return 0;
  while (size <= (size_t) fd)
    size *= 2;
  struct epoll_item **items = kernel_allocate_zeroed(size * sizeof(struct epoll_item *));
  if (items == NULL)
    return -ENOMEM;
  if (epoll->items != NULL)
    memcpy(items, epoll->items, epoll->items_size * sizeof(struct epoll_item *));
  kernel_free(epoll->items, epoll->items_size * sizeof(struct epoll_item *));
  epoll->items = items;
  epoll->items_size = size;
  return 0;
}

static void join_file(struct epoll_item *item)
{
  struct file *file = item->file;
  uint32_t was_masked = spinlock_lock_masked(&watchers);
  item->watch_next = file->watchers;
  if (item->watch_next != NULL)
    item->watch_next->watch_previous = item;
  file->watchers = item;
  spinlock_unlock_restore(&watchers, was_masked);
}

static void leave_file(struct epoll_item *item)
{
  uint32_t was_masked = spinlock_lock_masked(&watchers);
  if (item->watch_previous != NULL)
    item->watch_previous->watch_next = item->watch_next;
  else
    item->file->watchers = item->watch_next;
  if (item->watch_next != NULL)
    item->watch_next->watch_previous = item->watch_previous;
  spinlock_unlock_restore(&watchers, was_masked);
}

static void drop(struct epoll_item **link)
{
  struct epoll_item *item = *link;
  *link = item->next;
  wait_entry_remove(&item->entry);
  epoll_unready(item);
  leave_file(item);
  kernel_free(item, sizeof(*item));
}

static int add(struct epoll *epoll, struct file *file, int fd, const struct epoll_event *event)
{
  int error = grow(epoll, fd);
  struct epoll_item *item = error == 0 ? kernel_allocate_zeroed(sizeof(*item)) : NULL;
  if (item == NULL)
    return -ENOMEM;
  item->epoll = epoll;
  item->file = file;
  item->fd = fd;
  item->event = *event;
  item->event.events |= EPOLLERR | EPOLLHUP;
  item->next = epoll->items[fd];
  epoll->items[fd] = item;
  join_file(item);
  epoll_watch(item);
  return 0;
}

static int change(struct epoll_item *item, const struct epoll_event *event)
{
  if (((item->event.events | event->events) & EPOLLEXCLUSIVE) != 0)
    return -EINVAL;
  wait_entry_remove(&item->entry);
  epoll_unready(item);
  item->event = *event;
  item->event.events |= EPOLLERR | EPOLLHUP;
  epoll_watch(item);
  return 0;
}

static int control(struct epoll *epoll, int operation, struct file *file, int fd,
                   const struct epoll_event *event)
{
  struct epoll_item **link = find(epoll, file, fd);
  switch (operation)
  {
  case EPOLL_CTL_ADD:
    return *link != NULL ? -EEXIST : add(epoll, file, fd, event);
  case EPOLL_CTL_MOD:
    return *link != NULL ? change(*link, event) : -ENOENT;
  case EPOLL_CTL_DEL:
    if (*link == NULL)
      return -ENOENT;
    drop(link);
    return 0;
  default:
    return -EINVAL;
  }
}

/* ---- Epolls that watch epolls; `nesting` is held ---- */

/* How many epolls are in a row from this one down; more than EPOLL_NESTED_MAX: it leads to
 * `wanted`, or there are too many. */
static int depth_below(struct epoll *epoll, const struct epoll *wanted, int depth)
{
  int deepest = depth;
  if (epoll == wanted || depth > EPOLL_NESTED_MAX)
    return EPOLL_NESTED_MAX + 1;
  mutex_lock(&epoll->mutex);
  for (size_t fd = 0; fd < epoll->items_size && deepest <= EPOLL_NESTED_MAX; fd++)
  {
    for (struct epoll_item *item = epoll->items[fd]; item != NULL; item = item->next)
    {
      struct epoll *below = epoll_of(item->file);
      int reached = below != NULL ? depth_below(below, wanted, depth + 1) : 0;
      if (reached > deepest)
        deepest = reached;
    }
  }
  mutex_unlock(&epoll->mutex);
  return deepest;
}

/* The lock of watchers is held. */
static int depth_above(const struct epoll *epoll)
{
  int highest = 0;
  const struct epoll_item *item = epoll->file.watchers;
  for (; item != NULL; item = item->watch_next)
  {
    int reached = depth_above(item->epoll);
    if (reached > highest)
      highest = reached;
  }
  return highest + 1;
}

static int check_nesting(const struct epoll *epoll, struct epoll *watched)
{
  int below = depth_below(watched, epoll, 1);
  uint32_t was_masked = spinlock_lock_masked(&watchers);
  int above = depth_above(epoll);
  spinlock_unlock_restore(&watchers, was_masked);
  return below + above > EPOLL_NESTED_MAX ? -ELOOP : 0;
}

/* ---- The calls ---- */

static int check_exclusive(int operation, const struct file *file, const struct epoll_event *event)
{
  if (operation == EPOLL_CTL_DEL || (event->events & EPOLLEXCLUSIVE) == 0)
    return 0;
  if (operation == EPOLL_CTL_MOD)
    return -EINVAL;
  return file->operations == &operations || (event->events & ~(uint32_t) EXCLUSIVE_EVENTS) != 0
             ? -EINVAL
             : 0;
}

bool epoll_may_watch(struct file *file)
{
  struct stat status;
  if ((file->flags & O_PATH) != 0 || file->operations->poll == NULL)
    return false;
  /* A standard stream may be a file of the host. */
  return !file->operations->tells_once || file_stat(file, &status) != 0 || !S_ISREG(status.st_mode);
}

int epoll_control(struct epoll *epoll, int operation, struct file *file, int fd,
                  const struct epoll_event *event)
{
  struct epoll *watched = epoll_of(file);
  int error = 0;
  if (epoll == watched)
    return -EINVAL;
  error = check_exclusive(operation, file, event);
  if (error != 0)
    return error;
  bool nests = operation == EPOLL_CTL_ADD && watched != NULL;
  if (nests)
  {
    mutex_lock(&nesting);
    error = check_nesting(epoll, watched);
  }
  if (error == 0)
  {
    mutex_lock(&epoll->mutex);
    error = control(epoll, operation, file, fd, event);
    mutex_unlock(&epoll->mutex);
  }
  if (nests)
    mutex_unlock(&nesting);
  return error;
}

/* ---- Ends ---- */

/* The epoll of the first item of a file, with a reference; null: there is none. */
static struct epoll *watcher_of(struct file *file, int *fd)
{
  uint32_t was_masked = spinlock_lock_masked(&watchers);
  const struct epoll_item *item = file->watchers;
  struct epoll *epoll = item != NULL ? item->epoll : NULL;
  if (epoll != NULL)
  {
    *fd = item->fd;
    __atomic_add_fetch(&epoll->references, 1, __ATOMIC_RELAXED);
  }
  spinlock_unlock_restore(&watchers, was_masked);
  return epoll;
}

void epoll_forget(struct file *file)
{
  struct epoll *epoll;
  int fd = 0;
  while ((epoll = watcher_of(file, &fd)) != NULL)
  {
    mutex_lock(&epoll->mutex);
    struct epoll_item **link = find(epoll, file, fd);
    if (*link != NULL)
      drop(link);
    mutex_unlock(&epoll->mutex);
    put(epoll);
  }
}

static int release(struct file *file)
{
  struct epoll *epoll = (struct epoll *) file;
  mutex_lock(&epoll->mutex);
  for (size_t fd = 0; fd < epoll->items_size; fd++)
  {
    while (epoll->items[fd] != NULL)
      drop(&epoll->items[fd]);
  }
  mutex_unlock(&epoll->mutex);
  put(epoll);
  return 0;
}

static const struct file_operations operations = {
    .stat = event_file_stat,
    .poll = epoll_poll,
    .release = release,
};

int epoll_create_file(struct file **file)
{
  struct epoll *epoll = kernel_allocate_zeroed(sizeof(*epoll));
  if (epoll == NULL)
    return -ENOMEM;
  file_init(&epoll->file, &operations, O_RDWR, false);
  epoll->references = 1;
  *file = &epoll->file;
  return 0;
}
