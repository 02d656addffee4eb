/* Buffers for files of the host: a limited number, some kept for the next file. */
#include "fs/host_node.h"
#include "mm/kernel_heap.h"
#include "mm/physical.h"
#include "sched/spinlock.h"

#define KEPT_BUFFERS 4

static struct spinlock buffers_lock;
static struct host_buffer *kept[KEPT_BUFFERS];
static unsigned int kept_count;
static unsigned int in_use;

static bool count_one(struct host_buffer **buffer)
{
  uint64_t part_bytes = physical_usage().total_bytes / HOST_BUFFERS_PART;
  uint32_t was_masked = spinlock_lock_masked(&buffers_lock);
  bool may_have = in_use < HOST_BUFFERS && (in_use + 1) * HOST_BUFFER_BYTES <= part_bytes;
  if (may_have)
    in_use++;
  *buffer = may_have && kept_count > 0 ? kept[--kept_count] : NULL;
  spinlock_unlock_restore(&buffers_lock, was_masked);
  return may_have;
}

static void count_one_less(struct host_buffer **buffer)
{
  uint32_t was_masked = spinlock_lock_masked(&buffers_lock);
  in_use--;
  if (*buffer != NULL && kept_count < KEPT_BUFFERS)
  {
    kept[kept_count++] = *buffer;
    *buffer = NULL;
  }
  spinlock_unlock_restore(&buffers_lock, was_masked);
}

struct host_buffer *host_buffer_take(void)
{
  struct host_buffer *buffer;
  if (!count_one(&buffer) || buffer != NULL)
    return buffer;
  buffer = kernel_allocate(sizeof(*buffer));
  if (buffer == NULL)
    count_one_less(&buffer);
  return buffer;
}

void host_buffer_give(struct host_buffer *buffer)
{
  if (buffer == NULL)
    return;
  count_one_less(&buffer);
  kernel_free(buffer, sizeof(*buffer));
}
