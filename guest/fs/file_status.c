/* Open files: what only some programs do with them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>

#include "fs/file.h"

/* What a call on a file of another kind has. */
#define CALL(file, operation, missing, ...)                                                     \
  ((file)->operations->operation != NULL ? (file)->operations->operation((file), ##__VA_ARGS__) \
                                         : (missing))

/* Whether there can be another offset than where the next byte is anyway. */
int file_check_offset(const struct file *file, off_t offset)
{
  if (offset < 0)
    return -EINVAL;
  bool has_offset =
      file->is_seekable || file->operations->seek != NULL || file->operations->list != NULL;
  return has_offset ? 0 : -ESPIPE;
}

long file_read_at(struct file *file, void *buffer, size_t len_bytes, off_t offset)
{
  int error = file_check_offset(file, offset);
  if (error == 0)
    error = file_check_read(file);
  return error != 0 ? error : file->operations->read(file, buffer, file_at_most(len_bytes), offset);
}

long file_write_at(struct file *file, const void *buffer, size_t len_bytes, off_t offset)
{
  off_t end;
  int error = file_check_offset(file, offset);
  if (error == 0)
    error = file_check_write(file);
  return error != 0 ? error
                    : file->operations->write(file, buffer, file_at_most(len_bytes), offset, &end);
}

long file_list(struct file *file, void *buffer, size_t len_bytes)
{
  if (file->operations->list == NULL)
    return -ENOTDIR;
  if (!file_may_read(file))
    return -EBADF;
  mutex_lock(&file->mutex);
  long result = file->operations->list(file, buffer, file_at_most(len_bytes), &file->offset);
  mutex_unlock(&file->mutex);
  return result;
}

int file_truncate(struct file *file, off_t len_bytes)
{
  if ((file->flags & O_PATH) != 0)
    return -EBADF;
  if (len_bytes < 0 || !file_may_write(file))
    return -EINVAL;
  return CALL(file, truncate, -EINVAL, len_bytes);
}

int file_sync(struct file *file, bool data_only)
{
  if ((file->flags & O_PATH) != 0)
    return -EBADF;
  return CALL(file, sync, -EINVAL, data_only);
}

int file_allocate(struct file *file, off_t offset, off_t len_bytes)
{
  off_t end;
  if (!file_may_write(file))
    return -EBADF;
  if (offset < 0 || len_bytes <= 0)
    return -EINVAL;
  if (__builtin_add_overflow(offset, len_bytes, &end))
    return -EFBIG;
  return CALL(file, allocate, file->is_seekable ? -EOPNOTSUPP : -ESPIPE, offset, len_bytes);
}

int file_set_mode(struct file *file, mode_t mode)
{
  if ((file->flags & O_PATH) != 0)
    return -EBADF;
  return CALL(file, set_mode, -EPERM, mode);
}

int file_set_owner(struct file *file, uid_t user, gid_t group)
{
  if ((file->flags & O_PATH) != 0)
    return -EBADF;
  return CALL(file, set_owner, -EPERM, user, group);
}

int file_set_times(struct file *file, const struct timespec times[2])
{
  if ((file->flags & O_PATH) != 0)
    return -EBADF;
  return CALL(file, set_times, -EPERM, times);
}

int file_space(struct file *file, struct statvfs *space)
{
  return CALL(file, space, -ENOSYS, space);
}
