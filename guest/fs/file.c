/* Open files: bytes, and the offset that they are read and written at. */
#include "fs/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

void file_init(struct file *file, const struct file_operations *operations, uint32_t flags,
               bool is_seekable)
{
  *file = (struct file){
      .operations = operations, .references = 1, .flags = flags, .is_seekable = is_seekable};
}

int file_put(struct file *file)
{
  if (__atomic_sub_fetch(&file->references, 1, __ATOMIC_ACQ_REL) != 0)
    return 0;
  if (file->watchers != NULL)
    epoll_forget(file);
  return file->operations->release != NULL ? file->operations->release(file) : 0;
}

int file_check_read(const struct file *file)
{
  if (!file_may_read(file))
    return -EBADF;
  if (file->operations->read != NULL)
    return 0;
  return file->operations->list != NULL ? -EISDIR : -EINVAL;
}

int file_check_write(const struct file *file)
{
  if (!file_may_write(file))
    return -EBADF;
  return file->operations->write != NULL ? 0 : -EINVAL;
}

long file_read(struct file *file, void *buffer, size_t len_bytes)
{
  int error = file_check_read(file);
  if (error != 0)
    return error;
  if (!file->is_seekable)
    return file->operations->read(file, buffer, file_at_most(len_bytes), FILE_NO_OFFSET);
  mutex_lock(&file->mutex);
  long result = file->operations->read(file, buffer, file_at_most(len_bytes), file->offset);
  if (result > 0)
    file->offset += result;
  mutex_unlock(&file->mutex);
  return result;
}

long file_write(struct file *file, const void *buffer, size_t len_bytes)
{
  int error = file_check_write(file);
  if (error != 0)
    return error;
  if (!file->is_seekable)
    return file->operations->write(file, buffer, file_at_most(len_bytes), FILE_NO_OFFSET, NULL);
  mutex_lock(&file->mutex);
  off_t end = file->offset;
  long result = file->operations->write(file, buffer, file_at_most(len_bytes), file->offset, &end);
  if (result > 0)
    file->offset = end;
  mutex_unlock(&file->mutex);
  return result;
}

int file_stat(struct file *file, struct stat *status)
{
  return file->operations->stat != NULL ? file->operations->stat(file, status) : -ENOSYS;
}

/* The offset that is meant, or a negative errno. */
static off_t target_of(struct file *file, off_t offset, int whence)
{
  struct stat status;
  off_t base = 0;
  if (whence == SEEK_CUR)
    base = file->offset;
  else if (whence != SEEK_SET)
  {
    int error = file_stat(file, &status);
    if (error != 0)
      return error;
    base = status.st_size;
  }
  if (whence == SEEK_DATA || whence == SEEK_HOLE)
  {
    if (file->operations->seek != NULL)
      return file->operations->seek(file, offset, whence);
    if (offset < 0 || offset >= base)
      return -ENXIO;
    return whence == SEEK_DATA ? offset : base;
  }
  if (__builtin_add_overflow(base, offset, &offset))
    return -EOVERFLOW;
  return offset >= 0 ? offset : -EINVAL;
}

off_t file_seek(struct file *file, off_t offset, int whence)
{
  if ((file->flags & O_PATH) != 0)
    return -EBADF;
  bool is_folder = file->operations->list != NULL;
  if (!file->is_seekable && !is_folder)
    return file->operations->seek != NULL ? file->operations->seek(file, offset, whence) : -ESPIPE;
  if (whence < SEEK_SET || whence > SEEK_HOLE || (is_folder && whence > SEEK_CUR))
    return -EINVAL;
  mutex_lock(&file->mutex);
  off_t target = target_of(file, offset, whence);
  if (target >= 0)
    file->offset = target;
  mutex_unlock(&file->mutex);
  return target;
}
