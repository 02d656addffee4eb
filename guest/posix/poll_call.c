/* poll(), and memory for it and its like. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "fs/descriptors.h"
#include "fs/program_memory.h"
#include "mm/kernel_heap.h"
#include "posix/poll.h"
#include "posix/sys.h"
#include "signal/hold.h"

struct poll_item *poll_memory_get(struct poll_memory *memory, size_t count)
{
  size_t size = count * sizeof(struct poll_item);
  memory->count = count;
  memory->items = count <= POLL_FEW ? memory->few : kernel_allocate(size);
  if (memory->items != NULL)
    memset(memory->items, 0, size);
  return memory->items;
}

void poll_memory_give(struct poll_memory *memory)
{
  if (memory->items != memory->few)
    kernel_free(memory->items, memory->count * sizeof(struct poll_item));
}

static int poll_held(struct pollfd *polled, size_t count, uint64_t deadline_ns,
                     const struct signal_mark *mark)
{
  struct poll_memory memory;
  struct poll_item *items = poll_memory_get(&memory, count);
  if (items == NULL)
    return -ENOMEM;
  for (size_t i = 0; i < count; i++)
  {
    items[i].fd = polled[i].fd;
    items[i].wanted = (unsigned short) polled[i].events | POLLERR | POLLHUP;
  }
  long result = poll_items(items, count, deadline_ns, mark);
  for (size_t i = 0; i < count && result >= 0; i++)
    polled[i].revents = (short) items[i].found;
  poll_memory_give(&memory);
  return (int) result;
}

int sys_poll(struct pollfd *polled, unsigned long count, uint64_t deadline_ns,
             const struct signal_mark *mark)
{
  struct signal_hold hold;
  int result;
  if (count > descriptor_limit())
    return -EINVAL;
  if (!program_may(polled, count * sizeof(*polled), ADDRESS_WRITE))
    return -EFAULT;
  do
  {
    signal_hold_begin(&hold);
    result = poll_held(polled, count, deadline_ns, mark);
    signal_hold_leave(&hold);
  } while (result == -EINTR && signal_sleep_again(mark));
  return result;
}
