/* Sources of events: a list of those who wait at each. */
#include "fs/wait_source.h"

#include <stddef.h>

void wait_source_add(struct wait_source *source, struct wait_entry *entry)
{
  uint32_t was_masked = spinlock_lock_masked(&source->lock);
  entry->source = source;
  entry->previous = NULL;
  entry->next = source->first;
  if (entry->next != NULL)
    entry->next->previous = entry;
  __atomic_store_n(&source->first, entry, __ATOMIC_SEQ_CST);
  spinlock_unlock_restore(&source->lock, was_masked);
}

void wait_entry_remove(struct wait_entry *entry)
{
  struct wait_source *source = entry->source;
  if (source == NULL)
    return;
  uint32_t was_masked = spinlock_lock_masked(&source->lock);
  if (entry->previous != NULL)
    entry->previous->next = entry->next;
  else
    __atomic_store_n(&source->first, entry->next, __ATOMIC_RELAXED);
  if (entry->next != NULL)
    entry->next->previous = entry->previous;
  entry->source = NULL;
  spinlock_unlock_restore(&source->lock, was_masked);
}

void wait_source_tell(struct wait_source *source, unsigned int events)
{
  /* Either this sees an entry that is being added, or who adds it sees the change. */
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if (__atomic_load_n(&source->first, __ATOMIC_RELAXED) == NULL)
    return;
  uint32_t was_masked = spinlock_lock_masked(&source->lock);
  bool is_served = false;
  for (struct wait_entry *entry = source->first; entry != NULL; entry = entry->next)
  {
    if ((entry->events & events) == 0 || (entry->is_exclusive && is_served))
      continue;
    entry->tell(entry);
    is_served |= entry->is_exclusive && entry->is_served;
  }
  spinlock_unlock_restore(&source->lock, was_masked);
}
