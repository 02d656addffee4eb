/* eventfd: reading takes the number, or one of it; writing adds to it. */
#include "fs/eventfd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "fs/event_file.h"
#include "fs/program_memory.h"
#include "fs/wait_source.h"
#include "fs/wait_word.h"
#include "mm/kernel_heap.h"

#define COUNT_MAX (UINT64_MAX - 1)

struct eventfd
{
  struct file file;
  uint64_t count; /* atomic */
  bool is_semaphore;
  struct wait_word readers, writers;
  struct wait_source source;
};

static bool waits(const struct eventfd *event)
{
  return (__atomic_load_n(&event->file.flags, __ATOMIC_RELAXED) & O_NONBLOCK) == 0;
}

/* False: it is 0. */
static bool take(struct eventfd *event, uint64_t *taken)
{
  uint64_t count = __atomic_load_n(&event->count, __ATOMIC_SEQ_CST);
  do
  {
    if (count == 0)
      return false;
    *taken = event->is_semaphore ? 1 : count;
  } while (!__atomic_compare_exchange_n(&event->count, &count, count - *taken, true,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
  wait_source_tell(&event->source, POLLOUT);
  wait_word_wake(&event->writers, INT_MAX);
  /* The next reader, if something is left. */
  if (count != *taken)
    wait_word_wake(&event->readers, 1);
  return true;
}

/* False: it would be too much. */
static bool add(struct eventfd *event, uint64_t added)
{
  uint64_t count = __atomic_load_n(&event->count, __ATOMIC_SEQ_CST);
  do
  {
    if (added > COUNT_MAX - count)
      return false;
  } while (!__atomic_compare_exchange_n(&event->count, &count, count + added, true,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
  wait_source_tell(&event->source, POLLIN);
  wait_word_wake(&event->readers, 1);
  return true;
}

static long read_event(struct file *file, void *buffer, size_t len_bytes, off_t offset)
{
  struct eventfd *event = (struct eventfd *) file;
  uint64_t taken = 0;
  int error = 0;
  (void) offset;
  if (len_bytes < sizeof(taken))
    return -EINVAL;
  if (!program_may(buffer, sizeof(taken), ADDRESS_WRITE))
    return -EFAULT;
  if (!take(event, &taken))
  {
    if (!waits(event))
      return -EAGAIN;
    uint32_t seen = wait_word_begin(&event->readers);
    while (!take(event, &taken) && error == 0)
    {
      error = wait_word_sleep(&event->readers, seen, FUTEX_FOREVER);
      seen = wait_word_look(&event->readers);
    }
    wait_word_end(&event->readers);
  }
  if (taken == 0)
    return error;
  memcpy(buffer, &taken, sizeof(taken));
  return sizeof(taken);
}

static long write_event(struct file *file, const void *buffer, size_t len_bytes, off_t offset,
                        off_t *end)
{
  struct eventfd *event = (struct eventfd *) file;
  uint64_t added;
  int error = 0;
  (void) offset;
  (void) end;
  if (len_bytes < sizeof(added))
    return -EINVAL;
  if (!program_may(buffer, sizeof(added), ADDRESS_READ))
    return -EFAULT;
  memcpy(&added, buffer, sizeof(added));
  if (added > COUNT_MAX)
    return -EINVAL;
  if (add(event, added))
    return sizeof(added);
  if (!waits(event))
    return -EAGAIN;
  uint32_t seen = wait_word_begin(&event->writers);
  bool is_done = false;
  while (!(is_done = add(event, added)) && error == 0)
  {
    error = wait_word_sleep(&event->writers, seen, FUTEX_FOREVER);
    seen = wait_word_look(&event->writers);
  }
  wait_word_end(&event->writers);
  return is_done ? (long) sizeof(added) : error;
}

static unsigned int poll_event(struct file *file, struct wait_entry *entry)
{
  struct eventfd *event = (struct eventfd *) file;
  if (entry != NULL)
    wait_source_add(&event->source, entry);
  uint64_t count = __atomic_load_n(&event->count, __ATOMIC_SEQ_CST);
  return (count != 0 ? POLLIN : 0u) | (count < COUNT_MAX ? POLLOUT : 0u);
}

static int release_event(struct file *file)
{
  kernel_free(file, sizeof(struct eventfd));
  return 0;
}

static const struct file_operations operations = {
    .read = read_event,
    .write = write_event,
    .stat = event_file_stat,
    .poll = poll_event,
    .release = release_event,
};

int eventfd_create(unsigned int count, bool is_semaphore, uint32_t flags, struct file **file)
{
  struct eventfd *event = kernel_allocate_zeroed(sizeof(*event));
  if (event == NULL)
    return -ENOMEM;
  file_init(&event->file, &operations, O_RDWR | flags, false);
  event->count = count;
  event->is_semaphore = is_semaphore;
  *file = &event->file;
  return 0;
}
