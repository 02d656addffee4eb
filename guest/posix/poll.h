/* Waiting for files: what poll(), select() and their like stand on. */
#ifndef GUEST_POSIX_POLL_H
#define GUEST_POSIX_POLL_H

#include <stddef.h>
#include <stdint.h>

#include "fs/file.h"
#include "fs/wait_source.h"
#include "signal/delivery.h"

struct poll_item
{
  struct wait_entry entry;
  struct file *file;   /* a reference, while the entry waits */
  uint32_t *told_word; /* the futex of who waits */
  uint32_t was_told;
  int fd;              /* below 0: nothing is looked at */
  unsigned int wanted; /* events that count; POLLNVAL always does */
  unsigned int found;
};

/* Waits until one item at least has found what is wanted, and returns how many have; 0 after the
 * deadline; -EINTR when a handler has run since the mark, whatever its flags, or the thread is
 * cancelled. deadline_ns as futex_wait(), 0: does not wait. Handlers are held back
 * (signal/hold.h). */
long poll_items(struct poll_item *items, size_t count, uint64_t deadline_ns,
                const struct signal_mark *mark);

/* Memory for that many items, all zero; -ENOMEM: null. */
#define POLL_FEW 8
struct poll_memory
{
  struct poll_item few[POLL_FEW];
  struct poll_item *items;
  size_t count;
};
struct poll_item *poll_memory_get(struct poll_memory *memory, size_t count);
void poll_memory_give(struct poll_memory *memory);

/* What the file is ready for now. With an entry that waits nowhere yet: has it wait there first. */
unsigned int file_poll(struct file *file, struct wait_entry *entry);

#endif
