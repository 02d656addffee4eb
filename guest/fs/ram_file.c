/* Open files and folders of the ram file system. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "fs/file_map.h"
#include "fs/program_memory.h"
#include "fs/ram.h"
#include "mm/kernel_heap.h"

#define DAY_S 86400

struct ram_file
{
  struct file file;
  struct ram_node *node;
};

static struct ram_node *node_of(struct file *file)
{
  return ((struct ram_file *) file)->node;
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
  return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec <= b->tv_nsec);
}

/* As "relatime" has it: if it was read since it changed, once a day. */
static void note_access(struct ram_node *node)
{
  struct timespec now = ram_now();
  rwlock_read(&node->lock, FUTEX_FOREVER, false);
  bool is_due = is_before(&node->access_time, &node->change_time) ||
                is_before(&node->access_time, &node->status_time) ||
                now.tv_sec - node->access_time.tv_sec >= DAY_S;
  rwlock_unlock(&node->lock, 1);
  if (!is_due)
    return;
  rwlock_write(&node->lock, FUTEX_FOREVER);
  node->access_time = now;
  rwlock_unlock_write(&node->lock);
}

static long copy_out(struct ram_node *node, void *buffer, size_t len_bytes, off_t offset)
{
  uint64_t begin = (uint64_t) offset;
  rwlock_read(&node->lock, FUTEX_FOREVER, false);
  if (begin >= node->len_bytes)
    len_bytes = 0;
  else if (len_bytes > node->len_bytes - begin)
    len_bytes = node->len_bytes - begin;
  if (node->in_place != NULL)
    memcpy(buffer, node->in_place + begin, len_bytes);
  else
    ram_data_read(&node->data, buffer, len_bytes, begin);
  rwlock_unlock(&node->lock, 1);
  return (long) len_bytes;
}

static long ram_read(struct file *file, void *buffer, size_t len_bytes, off_t offset)
{
  struct ram_node *node = node_of(file);
  size_t wanted = len_bytes;
  /* No more than what the file has counts. */
  uint64_t len = __atomic_load_n(&node->len_bytes, __ATOMIC_RELAXED);
  if ((uint64_t) offset >= len)
    wanted = 0;
  else if (wanted > len - (uint64_t) offset)
    wanted = len - (uint64_t) offset;
  size_t accessible = program_memory(buffer, wanted, ADDRESS_WRITE);
  if (accessible == 0 && wanted > 0)
    return -EFAULT;
  long result = copy_out(node, buffer, accessible, offset);
  if (result > 0 && (file->flags & O_NOATIME) == 0)
    note_access(node);
  return result;
}

static long ram_fill(struct file *file, void *buffer, size_t len_bytes, off_t offset)
{
  return copy_out(node_of(file), buffer, len_bytes, offset);
}

/* A file that is written to has bytes of its own. */
static int make_own(struct ram_node *node)
{
  const char *bytes = node->in_place;
  if (bytes == NULL)
    return 0;
  if (ram_data_write(&node->data, bytes, node->len_bytes, 0) != node->len_bytes)
  {
    ram_data_cut(&node->data, 0);
    return -ENOSPC;
  }
  node->in_place = NULL;
  return 0;
}

static void note_change(struct ram_node *node)
{
  node->change_time = node->status_time = ram_now();
}

static long ram_write(struct file *file, const void *buffer, size_t len_bytes, off_t offset,
                      off_t *end)
{
  struct ram_node *node = node_of(file);
  size_t accessible = program_memory(buffer, len_bytes, ADDRESS_READ);
  if (len_bytes == 0)
    return 0;
  if (accessible == 0)
    return -EFAULT;
  rwlock_write(&node->lock, FUTEX_FOREVER);
  if ((__atomic_load_n(&file->flags, __ATOMIC_RELAXED) & O_APPEND) != 0)
    offset = (off_t) node->len_bytes;
  if (accessible > (uint64_t) (INT64_MAX - offset))
    accessible = (uint64_t) (INT64_MAX - offset);
  long result = accessible == 0 ? -EFBIG : make_own(node);
  if (result == 0)
  {
    size_t done = ram_data_write(&node->data, buffer, accessible, (uint64_t) offset);
    *end = offset + (off_t) done;
    if ((uint64_t) *end > node->len_bytes && done > 0)
      __atomic_store_n(&node->len_bytes, (uint64_t) *end, __ATOMIC_RELAXED);
    if (done > 0)
      note_change(node);
    node->mode &= ~(mode_t) (S_ISUID | ((node->mode & S_IXGRP) != 0 ? S_ISGID : 0));
    result = done > 0 ? (long) done : -ENOSPC;
  }
  rwlock_unlock_write(&node->lock);
  if (result > 0)
    file_map_written(node, buffer, (size_t) result, *end - result);
  return result;
}

int ram_node_truncate(struct ram_node *node, off_t len_bytes)
{
  rwlock_write(&node->lock, FUTEX_FOREVER);
  int error = 0;
  if (len_bytes == 0)
    node->in_place = NULL;
  else if ((uint64_t) len_bytes != node->len_bytes)
    error = make_own(node);
  if (error == 0)
  {
    if ((uint64_t) len_bytes < node->len_bytes)
      ram_data_cut(&node->data, (uint64_t) len_bytes);
    __atomic_store_n(&node->len_bytes, (uint64_t) len_bytes, __ATOMIC_RELAXED);
    note_change(node);
  }
  rwlock_unlock_write(&node->lock);
  if (error == 0)
    file_map_truncated(node, len_bytes);
  return error;
}

static int truncate_open(struct file *file, off_t len_bytes)
{
  return ram_node_truncate(node_of(file), len_bytes);
}

static int allocate(struct file *file, off_t offset, off_t len_bytes)
{
  struct ram_node *node = node_of(file);
  uint64_t end = (uint64_t) offset + (uint64_t) len_bytes;
  if (end > ram_limit_bytes())
    return -ENOSPC;
  rwlock_write(&node->lock, FUTEX_FOREVER);
  int error = make_own(node);
  if (error == 0)
    error = ram_data_allocate(&node->data, (uint64_t) offset, (uint64_t) len_bytes);
  if (error == 0 && end > node->len_bytes)
    __atomic_store_n(&node->len_bytes, end, __ATOMIC_RELAXED);
  note_change(node);
  rwlock_unlock_write(&node->lock);
  return error;
}

/* SEEK_DATA and SEEK_HOLE. */
static off_t seek(struct file *file, off_t offset, int whence)
{
  struct ram_node *node = node_of(file);
  rwlock_read(&node->lock, FUTEX_FOREVER, false);
  uint64_t len = node->len_bytes;
  uint64_t found = whence == SEEK_HOLE ? len : (uint64_t) offset;
  if (offset < 0 || (uint64_t) offset >= len)
    found = UINT64_MAX;
  else if (node->in_place == NULL)
    found = ram_data_next(&node->data, (uint64_t) offset, whence == SEEK_HOLE);
  rwlock_unlock(&node->lock, 1);
  if (whence == SEEK_HOLE && found != UINT64_MAX && found > len)
    found = len;
  return found >= len && (whence == SEEK_DATA || found == UINT64_MAX) ? -ENXIO : (off_t) found;
}

static int stat_open(struct file *file, struct stat *status)
{
  ram_node_stat(node_of(file), status);
  return 0;
}

static int sync_open(struct file *file, bool data_only)
{
  (void) file;
  (void) data_only;
  return 0;
}

static int set_mode(struct file *file, mode_t mode)
{
  return ram_node_set_mode(node_of(file), mode);
}

static int set_owner(struct file *file, uid_t user, gid_t group)
{
  return ram_node_set_owner(node_of(file), user, group);
}

static int set_times(struct file *file, const struct timespec times[2])
{
  return ram_node_set_times(node_of(file), times);
}

static int space(struct file *file, struct statvfs *space)
{
  (void) file;
  return ram_space(space);
}

/* ---- Folders ---- */

/* One entry as getdents64() has it: its length, or 0 if it does not fit. */
static size_t put_entry(char *to, size_t room_bytes, const char *name, size_t name_len,
                        const struct ram_node *node, off_t next)
{
  struct dirent *entry = (struct dirent *) (void *) to;
  size_t len_bytes = (offsetof(struct dirent, d_name) + name_len + 1 + 7) & ~(size_t) 7;
  if (len_bytes > room_bytes)
    return 0;
  entry->d_ino = node->number;
  entry->d_off = next;
  entry->d_reclen = (unsigned short) len_bytes;
  entry->d_type = (unsigned char) ((node->mode & S_IFMT) >> 12);
  memcpy(entry->d_name, name, name_len);
  memset(entry->d_name + name_len, 0, len_bytes - offsetof(struct dirent, d_name) - name_len);
  return len_bytes;
}

/* Entries from behind *position on; what is removed has none any more, but for the two dots. */
static long list_locked(struct ram_node *node, char *buffer, size_t len_bytes, off_t *position)
{
  static const char dots[] = "..";
  size_t done = 0;
  struct ram_node *parent = node->folder.parent;
  if (parent == NULL)
    return 0;
  while (*position < 2)
  {
    size_t put = put_entry(buffer + done, len_bytes - done, dots, (size_t) *position + 1,
                           *position == 0 ? node : parent, *position + 1);
    if (put == 0)
      return done > 0 ? (long) done : -EINVAL;
    done += put;
    ++*position;
  }
  struct ram_entry *entry;
  while ((entry = ram_folder_next(&node->folder, (uint64_t) *position + 1)) != NULL)
  {
    size_t put = put_entry(buffer + done, len_bytes - done, entry->name, entry->name_len,
                           entry->node, (off_t) entry->cookie);
    if (put == 0)
      return done > 0 ? (long) done : -EINVAL;
    done += put;
    *position = (off_t) entry->cookie;
  }
  return (long) done;
}

static long list(struct file *file, void *buffer, size_t len_bytes, off_t *position)
{
  struct ram_node *node = node_of(file);
  if (*position < 0)
    return -EINVAL;
  if (!program_may(buffer, len_bytes, ADDRESS_WRITE))
    return -EFAULT;
  rwlock_read(&node->ram->lock, FUTEX_FOREVER, false);
  long result = list_locked(node, buffer, len_bytes, position);
  rwlock_unlock(&node->ram->lock, 1);
  if (result > 0)
    note_access(node);
  return result;
}

static int release(struct file *file)
{
  ram_node_put(node_of(file));
  if (file->path != NULL)
    kernel_free(file->path, strlen(file->path) + 1);
  kernel_free(file, sizeof(struct ram_file));
  return 0;
}

static const struct file_operations file_operations = {
    .read = ram_read,
    .write = ram_write,
    .stat = stat_open,
    .truncate = truncate_open,
    .sync = sync_open,
    .allocate = allocate,
    .set_mode = set_mode,
    .set_owner = set_owner,
    .set_times = set_times,
    .space = space,
    .seek = seek,
    .fill = ram_fill,
    .release = release,
};

static const struct file_operations folder_operations = {
    .stat = stat_open,
    .sync = sync_open,
    .set_mode = set_mode,
    .set_owner = set_owner,
    .set_times = set_times,
    .space = space,
    .list = list,
    .release = release,
};

/* Symbolic links, by O_PATH. */
static const struct file_operations other_operations = {.stat = stat_open, .release = release};

int ram_file_open(struct ram_node *node, int flags, struct file **file)
{
  struct ram_file *opened = kernel_allocate(sizeof(*opened));
  const struct file_operations *operations = &other_operations;
  if (opened == NULL)
    return -ENOMEM;
  if (S_ISREG(node->mode))
    operations = &file_operations;
  else if (S_ISDIR(node->mode))
    operations = &folder_operations;
  file_init(&opened->file, operations, (uint32_t) flags, S_ISREG(node->mode));
  opened->node = ram_node_get(node);
  opened->file.content = node;
  *file = &opened->file;
  return 0;
}
