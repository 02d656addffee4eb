/* Open files and folders of the host. */
#include "fs/host_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "fs/file_map.h"
#include "fs/host_call.h"
#include "fs/host_node.h"
#include "fs/host_space.h"
#include "fs/program_memory.h"
#include "mm/kernel_heap.h"

/* What one call reads of a folder at most. */
#define LIST_MOST_BYTES 32768ul

struct host_file
{
  struct file file;
  int32_t handle;
  uint32_t errors_seen;
  struct host_node *node; /* null: a folder, or opened by O_PATH */
};

static struct host_file *host_file_of(struct file *file)
{
  return (struct host_file *) file;
}

static int64_t control(struct file *file, enum hc_file_operation operation, int64_t *argument,
                       struct stat *status)
{
  return host_call_control(host_file_of(file)->handle, operation, argument, status);
}

/* For calls that look at the file on the host. */
static void write_behind(struct file *file)
{
  if (host_file_of(file)->node != NULL)
    host_node_write_out(host_file_of(file)->node);
}

/* For calls that change it, before and after. */
static void settle(struct file *file)
{
  if (host_file_of(file)->node != NULL)
    host_node_settle(host_file_of(file)->node);
}

static int late_error(struct file *file)
{
  struct host_file *host = host_file_of(file);
  return host->node != NULL ? host_node_take_error(host->node, &host->errors_seen) : 0;
}

static long host_read(struct file *file, void *buffer, size_t len_bytes, off_t offset)
{
  const struct host_file *host = host_file_of(file);
  if (host->node == NULL)
    return -EISDIR;
  return host_node_read(host->node, host->handle, buffer, len_bytes, offset);
}

static long host_fill(struct file *file, void *buffer, size_t len_bytes, off_t offset)
{
  const struct host_file *host = host_file_of(file);
  if (host->node == NULL)
    return -EISDIR;
  host_node_write_out(host->node);
  return host_call_read(host->handle, buffer, len_bytes, offset);
}

static enum host_write_mode write_mode(const struct file *file)
{
  uint32_t flags = __atomic_load_n(&file->flags, __ATOMIC_RELAXED);
  if ((flags & O_APPEND) != 0)
    return HOST_WRITE_APPEND;
  return (flags & (O_SYNC | O_DSYNC)) != 0 ? HOST_WRITE_NOW : HOST_WRITE_LATE;
}

static long host_write(struct file *file, const void *buffer, size_t len_bytes, off_t offset,
                       off_t *end)
{
  struct host_file *host = host_file_of(file);
  off_t last = offset;
  if (host->node == NULL)
    return -EBADF;
  long result = host_node_write(host->node, host->handle, write_mode(file), buffer, len_bytes,
                                offset, &last, &host->errors_seen);
  if (result > 0)
    file_map_written(host->node, buffer, (size_t) result, last - result);
  if (end != NULL)
    *end = last;
  return result;
}

static int host_stat(struct file *file, struct stat *status)
{
  write_behind(file);
  return (int) control(file, HC_FILE_STAT, NULL, status);
}

static int change(struct file *file, enum hc_file_operation operation, int64_t first,
                  int64_t second)
{
  int64_t argument[5] = {first, second};
  settle(file);
  int error = (int) control(file, operation, argument, NULL);
  settle(file);
  return error;
}

static int host_truncate(struct file *file, off_t len_bytes)
{
  int error = change(file, HC_FILE_TRUNCATE, len_bytes, 0);
  if (error == 0)
    file_map_truncated(file->content, len_bytes);
  return error;
}

static int host_allocate(struct file *file, off_t offset, off_t len_bytes)
{
  return change(file, HC_FILE_ALLOCATE, offset, len_bytes);
}

static int host_sync(struct file *file, bool data_only)
{
  int64_t argument[5] = {data_only ? 1 : 0};
  write_behind(file);
  int error = late_error(file);
  int sync_error = (int) control(file, HC_FILE_SYNC, argument, NULL);
  return error != 0 ? error : sync_error;
}

static int host_set_mode(struct file *file, mode_t mode)
{
  return change(file, HC_FILE_MODE, mode, 0);
}

static int host_set_owner(struct file *file, uid_t user, gid_t group)
{
  return change(file, HC_FILE_OWNER, (int32_t) user, (int32_t) group);
}

static int host_set_times(struct file *file, const struct timespec times[2])
{
  int64_t argument[5] = {times[0].tv_sec, times[0].tv_nsec, times[1].tv_sec, times[1].tv_nsec};
  write_behind(file);
  return (int) control(file, HC_FILE_TIMES, argument, NULL);
}

static int host_space(struct file *file, struct statvfs *space)
{
  struct stat status;
  write_behind(file);
  int error = (int) control(file, HC_FILE_SPACE, NULL, &status);
  if (error == 0)
    host_space_copy(space, &status);
  return error;
}

static off_t host_seek(struct file *file, off_t offset, int whence)
{
  int64_t argument[5] = {offset, whence};
  write_behind(file);
  return control(file, HC_FILE_SEEK, argument, NULL);
}

/* By way of memory that is contiguous. */
static long host_list(struct file *file, void *buffer, size_t len_bytes, off_t *position)
{
  if (!program_may(buffer, len_bytes, ADDRESS_WRITE))
    return -EFAULT;
  size_t most_bytes = len_bytes < LIST_MOST_BYTES ? len_bytes : LIST_MOST_BYTES;
  void *entries = kernel_allocate(LIST_MOST_BYTES);
  if (entries == NULL)
    return -ENOMEM;
  long result = host_call_list(host_file_of(file)->handle, *position, entries, most_bytes);
  if (result > 0 && (size_t) result <= most_bytes)
  {
    memcpy(buffer, entries, (size_t) result);
    const char *entry = entries;
    const char *end = entry + result;
    while (entry < end)
    {
      uint16_t entry_bytes;
      memcpy(position, entry + 8, sizeof(*position));
      memcpy(&entry_bytes, entry + 16, sizeof(entry_bytes));
      entry += entry_bytes;
    }
  }
  kernel_free(entries, LIST_MOST_BYTES);
  return result;
}

/* Who locks a file, or unlocks it, expects to see what others have written, or they what it has. */
static int host_lock(struct file *file, struct flock *lock, bool test)
{
  int64_t argument[5] = {lock->l_type, lock->l_whence, lock->l_start, lock->l_len};
  if (lock->l_whence == SEEK_CUR)
  {
    argument[1] = SEEK_SET;
    argument[2] += file->offset;
  }
  settle(file);
  int error = (int) control(file, test ? HC_FILE_LOCK_TEST : HC_FILE_LOCK, argument, NULL);
  settle(file);
  if (error == 0 && test)
    *lock = (struct flock){.l_type = (short) argument[0],
                           .l_whence = (short) argument[1],
                           .l_start = argument[2],
                           .l_len = argument[3],
                           .l_pid = (pid_t) argument[4]};
  return error;
}

static int host_release(struct file *file)
{
  struct host_file *host = host_file_of(file);
  write_behind(file);
  int error = file_may_write(file) ? late_error(file) : 0;
  /* First of the two: a file that has no name any more ends with the handle, and its number may be
   * that of another one at once. */
  if (host->node != NULL)
    host_node_put(host->node);
  int close_error = (int) control(file, HC_FILE_CLOSE, NULL, NULL);
  if (file->path != NULL)
    kernel_free(file->path, strlen(file->path) + 1);
  kernel_free(host, sizeof(*host));
  return error != 0 ? error : close_error;
}

static const struct file_operations file_operations = {
    .read = host_read,
    .write = host_write,
    .stat = host_stat,
    .truncate = host_truncate,
    .sync = host_sync,
    .allocate = host_allocate,
    .set_mode = host_set_mode,
    .set_owner = host_set_owner,
    .set_times = host_set_times,
    .space = host_space,
    .seek = host_seek,
    .lock = host_lock,
    .fill = host_fill,
    .release = host_release,
};

static const struct file_operations folder_operations = {
    .read = host_read,
    .stat = host_stat,
    .sync = host_sync,
    .set_mode = host_set_mode,
    .set_owner = host_set_owner,
    .set_times = host_set_times,
    .space = host_space,
    .list = host_list,
    .release = host_release,
};

int host_file_make(struct file **file, int32_t handle, int flags, const struct stat *status)
{
  bool is_file = S_ISREG(status->st_mode) && (flags & O_PATH) == 0;
  struct host_file *host = kernel_allocate_zeroed(sizeof(*host));
  if (host != NULL && is_file)
    host->node = host_node_get((uint64_t) status->st_dev, (uint64_t) status->st_ino);
  if (host == NULL || (is_file && host->node == NULL))
  {
    kernel_free(host, sizeof(*host));
    host_call_control(handle, HC_FILE_CLOSE, NULL, NULL);
    return -ENOMEM;
  }
  host->handle = handle;
  file_init(&host->file, S_ISDIR(status->st_mode) ? &folder_operations : &file_operations,
            (uint32_t) flags, is_file);
  host->file.content = host->node;
  /* Errors that came before are not this file's. */
  if (is_file)
    host_node_take_error(host->node, &host->errors_seen);
  if ((flags & O_TRUNC) != 0 && is_file)
  {
    settle(&host->file);
    file_map_truncated(host->node, 0);
  }
  *file = &host->file;
  return 0;
}
