/* Open files of the proc file system, whose text was made when they were opened; and folders. */
#include "fs/proc_file.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "fs/descriptors.h"
#include "fs/proc_text.h"
#include "fs/program_memory.h"
#include "mm/kernel_heap.h"

#define NUMBER_BYTES 12

struct proc_file
{
  struct file file;
  const struct proc_entry *entry;
  struct proc_text text;
};

static struct proc_file *proc_file_of(struct file *file)
{
  return (struct proc_file *) file;
}

static long read_text(struct file *file, void *buffer, size_t len_bytes, off_t offset)
{
  const struct proc_text *text = &proc_file_of(file)->text;
  if ((uint64_t) offset >= text->len_bytes)
    return 0;
  if (len_bytes > text->len_bytes - (size_t) offset)
    len_bytes = text->len_bytes - (size_t) offset;
  size_t accessible = program_memory(buffer, len_bytes, ADDRESS_WRITE);
  if (accessible == 0 && len_bytes > 0)
    return -EFAULT;
  memcpy(buffer, text->bytes + offset, accessible);
  return (long) accessible;
}

static int stat_open(struct file *file, struct stat *status)
{
  proc_entry_stat(proc_file_of(file)->entry, status);
  return 0;
}

static int release(struct file *file)
{
  struct proc_file *proc = proc_file_of(file);
  if (file->path != NULL)
    kernel_free(file->path, strlen(file->path) + 1);
  proc_text_free(&proc->text);
  kernel_free(proc, sizeof(*proc));
  return 0;
}

/* ---- Folders: '.', '..', then the entries ---- */

/* The number of the first open descriptor from there on; negative: there is none. */
static int next_descriptor(off_t from)
{
  for (int fd = (int) from; (unsigned int) fd < descriptor_limit(); fd++)
  {
    struct file *file = descriptor_get(fd);
    if (file == NULL)
      continue;
    file_put(file);
    return fd;
  }
  return -1;
}

static const char *print_number(char text[NUMBER_BYTES], int number)
{
  char *begin = text + NUMBER_BYTES - 1;
  *begin = '\0';
  do
    *--begin = (char) ('0' + number % 10);
  while ((number /= 10) != 0);
  return begin;
}

struct listed
{
  const char *name;
  ino_t number;
  unsigned char type;
  off_t next; /* position behind it */
  char text[NUMBER_BYTES];
};

/* What is at a position: false at the end. */
static bool entry_at(const struct proc_entry *folder, off_t position, struct listed *listed)
{
  struct stat status;
  listed->next = position + 1;
  listed->type = DT_DIR;
  listed->number = 1;
  if (position < 2)
  {
    listed->name = position == 0 ? "." : "..";
    return true;
  }
  if (proc_entry_is_fds(folder))
  {
    int fd = next_descriptor(position - 2);
    listed->name = print_number(listed->text, fd < 0 ? 0 : fd);
    listed->type = DT_LNK;
    listed->next = fd + 3;
    return fd >= 0;
  }
  const struct proc_entry *entry = proc_entry_in(folder, (size_t) position - 2);
  if (entry == NULL)
    return false;
  const char *slash = strrchr(entry->name, '/');
  proc_entry_stat(entry, &status);
  listed->name = slash != NULL ? slash + 1 : entry->name;
  listed->type = (unsigned char) ((entry->mode & S_IFMT) >> 12);
  listed->number = status.st_ino;
  return true;
}

static long list(struct file *file, void *buffer, size_t len_bytes, off_t *position)
{
  struct listed listed;
  size_t done = 0;
  if (*position < 0)
    return -EINVAL;
  if (!program_may(buffer, len_bytes, ADDRESS_WRITE))
    return -EFAULT;
  while (entry_at(proc_file_of(file)->entry, *position, &listed))
  {
    size_t name_bytes = strlen(listed.name) + 1;
    size_t entry_bytes = (offsetof(struct dirent, d_name) + name_bytes + 7) & ~(size_t) 7;
    struct dirent *entry = (struct dirent *) (void *) ((char *) buffer + done);
    if (entry_bytes > len_bytes - done)
      return done > 0 ? (long) done : -EINVAL;
    entry->d_ino = listed.number;
    entry->d_off = listed.next;
    entry->d_reclen = (unsigned short) entry_bytes;
    entry->d_type = listed.type;
    memcpy(entry->d_name, listed.name, name_bytes);
    done += entry_bytes;
    *position = listed.next;
  }
  return (long) done;
}

static const struct file_operations text_operations = {
    .read = read_text, .stat = stat_open, .release = release};

static const struct file_operations folder_operations = {
    .stat = stat_open, .list = list, .release = release};

int proc_file_open(const struct proc_entry *entry, int flags, struct file **file)
{
  struct proc_file *proc = kernel_allocate_zeroed(sizeof(*proc));
  if (proc == NULL)
    return -ENOMEM;
  bool is_text = S_ISREG(entry->mode);
  proc->entry = entry;
  file_init(&proc->file, is_text ? &text_operations : &folder_operations, (uint32_t) flags,
            is_text);
  *file = &proc->file;
  if (is_text)
    entry->make(&proc->text);
  if (!proc->text.is_short)
    return 0;
  release(&proc->file);
  return -ENOMEM;
}
