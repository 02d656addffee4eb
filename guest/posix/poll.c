/* Waiting for several files at once. Each file is looked at once, and again only when its source
 * has told of a change, which may be in an upcall. */
#include "posix/poll.h"

#include <errno.h>
#include <poll.h>

#include "fs/descriptors.h"
#include "signal/hold.h"

static void tell(struct wait_entry *entry)
{
  struct poll_item *item = (struct poll_item *) entry;
  __atomic_store_n(&item->was_told, 1, __ATOMIC_RELAXED);
  if (__atomic_exchange_n(item->told_word, 1, __ATOMIC_SEQ_CST) == 0)
    futex_wake(item->told_word, 1);
}

/* What the file has of what is wanted; if that is nothing, the item waits there from now on. */
static void look_at_file(struct poll_item *item, struct file *file, uint32_t *told_word)
{
  struct wait_entry *entry = NULL;
  if (told_word != NULL)
  {
    item->entry.events = item->wanted;
    item->entry.tell = tell;
    item->told_word = told_word;
    entry = &item->entry;
  }
  item->found = file_poll(file, entry) & (item->wanted | POLLNVAL);
}

static void look(struct poll_item *item, uint32_t *told_word)
{
  if (item->fd < 0)
    return;
  struct file *file = descriptor_get(item->fd);
  if (file == NULL)
  {
    item->found = POLLNVAL;
    return;
  }
  look_at_file(item, file, told_word);
  if (told_word != NULL)
    item->file = file;
  else
    file_put(file);
}

static void leave(struct poll_item *item)
{
  wait_entry_remove(&item->entry);
  if (item->file != NULL)
    file_put(item->file);
  item->file = NULL;
}

/* The first look. Once something is found, nobody waits any more. */
static long look_at_all(struct poll_item *items, size_t count, uint32_t *told_word)
{
  long found = 0;
  for (size_t i = 0; i < count; i++)
  {
    look(&items[i], found == 0 ? told_word : NULL);
    found += items[i].found != 0;
  }
  return found;
}

/* Those that were told of a change. */
static long look_again(struct poll_item *items, size_t count, uint32_t *told_word)
{
  long found = 0;
  if (__atomic_exchange_n(told_word, 0, __ATOMIC_SEQ_CST) == 0)
    return 0;
  for (size_t i = 0; i < count; i++)
  {
    struct poll_item *item = &items[i];
    if (__atomic_load_n(&item->was_told, __ATOMIC_RELAXED) == 0 ||
        __atomic_exchange_n(&item->was_told, 0, __ATOMIC_SEQ_CST) == 0)
      continue;
    wait_entry_remove(&item->entry);
    look_at_file(item, item->file, told_word);
    found += item->found != 0;
  }
  return found;
}

/* What is found counts before a signal, and that before the end of time. */
long poll_items(struct poll_item *items, size_t count, uint64_t deadline_ns,
                const struct signal_mark *mark)
{
  uint32_t told = 0;
  long result = look_at_all(items, count, deadline_ns != 0 ? &told : NULL);
  int error = deadline_ns != 0 ? 0 : -ETIMEDOUT;
  if (!signal_sleep_again(mark))
    error = -EINTR;
  while (result == 0 && error != -ETIMEDOUT && error != -EINTR)
  {
    error = signal_hold_wait(&told, 0, deadline_ns);
    result = look_again(items, count, &told);
  }
  if (deadline_ns != 0)
  {
    for (size_t i = 0; i < count; i++)
      leave(&items[i]);
  }
  return result == 0 && error == -EINTR ? error : result;
}
