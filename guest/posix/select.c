/* select(): sets of descriptors as bitmaps, over the same waiting as poll(). */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>

#include "fs/descriptors.h"
#include "fs/program_memory.h"
#include "posix/poll.h"
#include "posix/sys.h"
#include "signal/hold.h"

#define WORD_BITS 64
#define SETS      3

/* What counts for each set, as Linux has it. */
static const unsigned int set_events[SETS] = {
    POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR,
    POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR,
    POLLPRI,
};

static bool has(const unsigned long *set, int fd)
{
  return set != NULL && (set[fd / WORD_BITS] >> (fd % WORD_BITS) & 1) != 0;
}

static unsigned int wanted_of(unsigned long *const sets[SETS], int fd)
{
  unsigned int wanted = 0;
  for (int i = 0; i < SETS; i++)
    wanted |= has(sets[i], fd) ? set_events[i] : 0;
  return wanted;
}

/* An item for each descriptor that is in some set, or none at all, to count them. */
static size_t fill_items(unsigned long *const sets[SETS], int limit, struct poll_item *items)
{
  size_t count = 0;
  for (int fd = 0; fd < limit; fd++)
  {
    unsigned int wanted = wanted_of(sets, fd);
    if (wanted == 0)
      continue;
    if (items != NULL)
    {
      items[count].fd = fd;
      items[count].wanted = wanted;
    }
    count++;
  }
  return count;
}

/* Leaves in the sets what was found: how many bits, or -EBADF with nothing changed. */
static int fill_sets(unsigned long *const sets[SETS], int limit, const struct poll_item *items,
                     size_t count)
{
  int bits = 0;
  for (size_t i = 0; i < count; i++)
  {
    if ((items[i].found & POLLNVAL) != 0)
      return -EBADF;
  }
  const struct poll_item *item = items;
  for (int fd = 0; fd < limit; fd++)
  {
    bool is_item = item < items + count && item->fd == fd;
    for (int i = 0; i < SETS; i++)
    {
      if (!has(sets[i], fd))
        continue;
      if (is_item && (item->found & set_events[i]) != 0)
        bits++;
      else
        sets[i][fd / WORD_BITS] &= ~(1ul << (fd % WORD_BITS));
    }
    item += is_item;
  }
  return bits;
}

static int select_held(int limit, unsigned long *const sets[SETS], uint64_t deadline_ns,
                       const struct signal_mark *mark)
{
  struct poll_memory memory;
  size_t count = fill_items(sets, limit, NULL);
  struct poll_item *items = poll_memory_get(&memory, count);
  if (items == NULL)
    return -ENOMEM;
  fill_items(sets, limit, items);
  long result = poll_items(items, count, deadline_ns, mark);
  if (result >= 0)
    result = fill_sets(sets, limit, items, count);
  poll_memory_give(&memory);
  return (int) result;
}

int sys_select(int limit, unsigned long *const sets[SETS], uint64_t deadline_ns,
               const struct signal_mark *mark)
{
  struct signal_hold hold;
  int result;
  if (limit < 0)
    return -EINVAL;
  if ((unsigned int) limit > descriptor_limit())
    limit = (int) descriptor_limit();
  size_t words = ((size_t) limit + WORD_BITS - 1) / WORD_BITS;
  for (int i = 0; i < SETS; i++)
  {
    if (sets[i] != NULL && !program_may(sets[i], words * sizeof(**sets), ADDRESS_WRITE))
      return -EFAULT;
  }
  do
  {
    signal_hold_begin(&hold);
    result = select_held(limit, sets, deadline_ns, mark);
    signal_hold_leave(&hold);
  } while (result == -EINTR && signal_sleep_again(mark));
  return result;
}
