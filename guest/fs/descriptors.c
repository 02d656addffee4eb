/* The table of descriptors. It starts with the standard streams, and without memory of its own. */
#include "fs/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "fs/standard_streams.h"
#include "mm/kernel_heap.h"
#include "sched/spinlock.h"
#include "start_info.h"

#define FIRST_SIZE 64

/* The file's address, and whether it is closed by exec(). A reserved number has RESERVED. */
struct descriptor
{
  struct file *file;
  bool close_on_exec;
};

#define RESERVED ((struct file *) 1) /* NOLINT(performance-no-int-to-ptr) */

static struct descriptor first_entries[FIRST_SIZE];

static struct
{
  struct spinlock lock;
  bool is_ready;
  struct descriptor *entries;
  int size;
  int lowest_free; /* none below is */
} table = {.entries = first_entries, .size = FIRST_SIZE};

static uint32_t lock_table(void)
{
  uint32_t was_masked = spinlock_lock_masked(&table.lock);
  if (__builtin_expect(!table.is_ready, 0))
  {
    table.is_ready = true;
    for (int fd = 0; fd < 3; fd++)
      first_entries[fd].file = standard_stream(fd);
  }
  return was_masked;
}

static void unlock_table(uint32_t was_masked)
{
  spinlock_unlock_restore(&table.lock, was_masked);
}

/* Locked: the entry of an open descriptor, or null. */
static struct descriptor *find(int fd)
{
  if (fd < 0 || fd >= table.size || (uintptr_t) table.entries[fd].file <= (uintptr_t) RESERVED)
    return NULL;
  return &table.entries[fd];
}

struct file *descriptor_get(int fd)
{
  uint32_t was_masked = lock_table();
  struct descriptor *entry = find(fd);
  struct file *file = entry != NULL ? entry->file : NULL;
  if (file != NULL)
    file_get(file);
  unlock_table(was_masked);
  return file;
}

unsigned int descriptor_limit(void)
{
  uint64_t limit = start_info->descriptor_limit.soft;
  return limit < INT32_MAX ? (unsigned int) limit : INT32_MAX;
}

/* Makes room for a number below the limit: 0 or -EMFILE. The table is not locked. */
static int grow(int fd)
{
  int size = FIRST_SIZE;
  while (size <= fd)
    size = size < (1 << 30) ? size * 2 : INT32_MAX;
  struct descriptor *entries = kernel_allocate_zeroed((size_t) size * sizeof(*entries));
  if (entries == NULL)
    return -EMFILE;
  uint32_t was_masked = lock_table();
  struct descriptor *old = entries;
  int old_size = size;
  if (table.size < size)
  {
    old = table.entries;
    old_size = table.size;
    memcpy(entries, old, (size_t) old_size * sizeof(*old));
    table.entries = entries;
    table.size = size;
  }
  unlock_table(was_masked);
  if (old != first_entries)
    kernel_free(old, (size_t) old_size * sizeof(*old));
  return 0;
}

/* Locked: the lowest free number from there on, which may lie beyond the table. */
static int find_free(int lowest)
{
  int fd = lowest > table.lowest_free ? lowest : table.lowest_free;
  while (fd < table.size && table.entries[fd].file != NULL)
    fd++;
  if (lowest <= table.lowest_free)
    table.lowest_free = fd;
  return fd;
}

int descriptor_reserve(int lowest)
{
  for (;;)
  {
    uint32_t was_masked = lock_table();
    int fd = find_free(lowest);
    bool is_allowed = (unsigned int) fd < descriptor_limit();
    bool has_room = fd < table.size;
    if (is_allowed && has_room)
      table.entries[fd] = (struct descriptor){.file = RESERVED};
    unlock_table(was_masked);
    if (!is_allowed)
      return -EMFILE;
    if (has_room)
      return fd;
    int error = grow(fd);
    if (error != 0)
      return error;
  }
}

void descriptor_install(int fd, struct file *file, bool close_on_exec)
{
  uint32_t was_masked = lock_table();
  table.entries[fd] = (struct descriptor){.file = file, .close_on_exec = close_on_exec};
  unlock_table(was_masked);
}

/* Locked: takes what is there out. */
static struct file *take_out(int fd)
{
  struct file *file = table.entries[fd].file;
  table.entries[fd] = (struct descriptor){0};
  if (fd < table.lowest_free)
    table.lowest_free = fd;
  return file;
}

void descriptor_unreserve(int fd)
{
  uint32_t was_masked = lock_table();
  take_out(fd);
  unlock_table(was_masked);
}

int descriptor_add(struct file *file, int lowest, bool close_on_exec)
{
  int fd = descriptor_reserve(lowest);
  if (fd >= 0)
    descriptor_install(fd, file, close_on_exec);
  return fd;
}

int descriptor_set(int fd, struct file *file, bool close_on_exec)
{
  if (fd < 0 || (unsigned int) fd >= descriptor_limit())
    return -EBADF;
  if (fd >= __atomic_load_n(&table.size, __ATOMIC_RELAXED) && grow(fd) != 0)
    return -EBADF;
  uint32_t was_masked = lock_table();
  struct file *old = table.entries[fd].file;
  if (old != RESERVED)
    table.entries[fd] = (struct descriptor){.file = file, .close_on_exec = close_on_exec};
  unlock_table(was_masked);
  if (old == RESERVED)
    return -EBUSY;
  if (old != NULL)
    file_put(old);
  return fd;
}

int descriptor_close(int fd)
{
  uint32_t was_masked = lock_table();
  struct file *file = find(fd) != NULL ? take_out(fd) : NULL;
  unlock_table(was_masked);
  return file != NULL ? file_put(file) : -EBADF;
}

int descriptor_flags(int fd)
{
  uint32_t was_masked = lock_table();
  const struct descriptor *entry = find(fd);
  int flags = entry == NULL ? -EBADF : entry->close_on_exec ? FD_CLOEXEC : 0;
  unlock_table(was_masked);
  return flags;
}

int descriptor_set_flags(int fd, int flags)
{
  uint32_t was_masked = lock_table();
  struct descriptor *entry = find(fd);
  if (entry != NULL)
    entry->close_on_exec = (flags & FD_CLOEXEC) != 0;
  unlock_table(was_masked);
  return entry != NULL ? 0 : -EBADF;
}

int descriptor_next(int from)
{
  uint32_t was_masked = lock_table();
  int fd = from;
  while (fd < table.size && find(fd) == NULL)
    fd++;
  int result = fd < table.size ? fd : -EBADF;
  unlock_table(was_masked);
  return result;
}
