/* Waiting for any of several files at once, for poll(), select() and their like: who waits has an
 * entry at each file's source, and is told through it when something has changed there. */
#ifndef GUEST_FS_WAIT_SOURCE_H
#define GUEST_FS_WAIT_SOURCE_H

#include <stdbool.h>
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
  unsigned int events; /* of poll(): those waited for, with POLLERR and POLLHUP if they count */
  bool is_exclusive;   /* of those, only one is told that says is_served, or all if none does */
  bool is_served;      /* set by tell() of an exclusive one: somebody is about to look */

  /* Masked, with the source's lock: must not block, nor call what follows. */
  void (*tell)(struct wait_entry *entry);
};

/* Has the entry wait; it must wait nowhere yet. The caller looks at the state it waits for after
 * this. */
void wait_source_add(struct wait_source *source, struct wait_entry *entry);

/* After this the entry is not told any more. Nothing if it waits nowhere. */
void wait_entry_remove(struct wait_entry *entry);

/* Some of these events are there now, which is visible already. Never blocks; in upcalls too. */
void wait_source_tell(struct wait_source *source, unsigned int events);

#endif
