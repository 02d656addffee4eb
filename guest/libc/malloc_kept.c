/* Large blocks that were freed: a list of a few, the oldest first. */
#include "libc/malloc_kept.h"

#include "mm/physical.h"
#include "sched/spinlock.h"

#define BLOCKS 8u

/* All together: so much, or one part in KEPT_PART of memory if that is less. */
#define KEPT_MAX_BYTES (32ul << 20)
#define KEPT_PART      16

/* A block serves when no more than one part in SPARE_PART of what is wanted is left over. */
#define SPARE_PART 4

static struct
{
  struct spinlock lock;
  unsigned int count;
  size_t total_bytes;
  struct malloc_kept blocks[BLOCKS];
} list;

size_t malloc_kept_max_bytes(void)
{
  size_t part_bytes = physical_usage().total_bytes / KEPT_PART;
  return part_bytes < KEPT_MAX_BYTES ? part_bytes : KEPT_MAX_BYTES;
}

bool malloc_kept_put(struct malloc_kept kept)
{
  size_t max_bytes = malloc_kept_max_bytes();
  uint32_t was_masked = spinlock_lock_masked(&list.lock);
  bool fits = list.count < BLOCKS && list.total_bytes + kept.len_bytes <= max_bytes;
  if (fits)
  {
    list.blocks[list.count++] = kept;
    list.total_bytes += kept.len_bytes;
  }
  spinlock_unlock_restore(&list.lock, was_masked);
  return fits;
}

/* With the lock. */
static struct malloc_kept take(unsigned int index)
{
  if (index >= list.count)
    return (struct malloc_kept){.block = NULL};
  struct malloc_kept taken = list.blocks[index];
  list.count--;
  list.total_bytes -= taken.len_bytes;
  for (; index < list.count; index++)
    list.blocks[index] = list.blocks[index + 1];
  return taken;
}

struct malloc_kept malloc_kept_take(size_t len_bytes)
{
  size_t best_bytes = len_bytes + len_bytes / SPARE_PART;
  unsigned int best = BLOCKS;
  uint32_t was_masked = spinlock_lock_masked(&list.lock);
  for (unsigned int i = 0; i < list.count; i++)
  {
    size_t has_bytes = list.blocks[i].len_bytes;
    if (has_bytes < len_bytes || has_bytes > best_bytes)
      continue;
    best = i;
    best_bytes = has_bytes;
  }
  struct malloc_kept taken = take(best);
  spinlock_unlock_restore(&list.lock, was_masked);
  return taken;
}

struct malloc_kept malloc_kept_take_oldest(void)
{
  uint32_t was_masked = spinlock_lock_masked(&list.lock);
  struct malloc_kept taken = take(0);
  spinlock_unlock_restore(&list.lock, was_masked);
  return taken;
}
