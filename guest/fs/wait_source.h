/* Waiting for any of several files at once, for poll(), select() and epoll: a task lets one entry
 * wait at each file's source, looks whether any is ready, and sleeps on a word that each source
 * changes. */
#ifndef GUEST_FS_WAIT_SOURCE_H
#define GUEST_FS_WAIT_SOURCE_H

#include <stdint.h>

#include "sched/spinlock.h"

/* All zero: nobody waits. Part of what can be waited for. */
struct wait_source
{
  struct spinlock lock;
  struct wait_entry *first;
};

struct wait_entry
{
  struct wait_source *source; /* null: waits nowhere */
  struct wait_entry *next, *previous;
  uint32_t *word; /* a futex: changed and woken by wait_source_tell() */
};

/* Has the entry wait; it must wait nowhere yet. The caller looks at the state it waits for after
 * this. A file with two sources takes the one that the caller needs by its events. */
void wait_source_add(struct wait_source *source, struct wait_entry *entry);

/* After this the entry is not looked at any more. None if it waits nowhere. */
void wait_entry_remove(struct wait_entry *entry);

/* Something has changed, which is visible already. Never blocks; in upcalls too. */
void wait_source_tell(struct wait_source *source);

#endif
