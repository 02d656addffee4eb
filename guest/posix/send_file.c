/* sendfile(): by a buffer of the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "fs/program_memory.h"
#include "mm/kernel_heap.h"
#include "posix/held.h"
#include "posix/socket.h"
#include "posix/sys.h"

#define BUFFER_BYTES 65536ul

struct source
{
  struct file *file;
  off_t offset;
  bool has_offset;
};

static long read_some(struct source *source, char *buffer, size_t len_bytes)
{
  return source->has_offset ? file_read_at(source->file, buffer, len_bytes, source->offset)
                            : file_read(source->file, buffer, len_bytes);
}

/* What was read and not written is read again the next time. */
static void step_back(struct source *source, long bytes)
{
  if (!source->has_offset && bytes > 0)
    (void) file_seek(source->file, -bytes, SEEK_CUR);
}

static long move(struct file *to, struct source *source, char *buffer, size_t len_bytes)
{
  size_t done = 0;
  while (done < len_bytes)
  {
    size_t piece = len_bytes - done < BUFFER_BYTES ? len_bytes - done : BUFFER_BYTES;
    long found = read_some(source, buffer, piece);
    if (found <= 0)
      return done > 0 ? (long) done : found;
    long written = file_write(to, buffer, (size_t) found);
    step_back(source, found - (written > 0 ? written : 0));
    if (written < 0)
      return done > 0 && written != -EPIPE ? (long) done : written;
    source->offset += written;
    done += (size_t) written;
    if (written < found)
      break;
  }
  return (long) done;
}

static long send_held(struct file *to, struct source *source, size_t len_bytes)
{
  if (!source->file->is_seekable)
    return -EINVAL;
  int error = file_check_read(source->file);
  if (error == 0)
    error = file_check_write(to);
  if (error != 0)
    return error;
  if ((to->flags & O_APPEND) != 0)
    return -EINVAL;
  char *buffer = kernel_allocate(BUFFER_BYTES);
  if (buffer == NULL)
    return -ENOMEM;
  long result = move(to, source, buffer, file_at_most(len_bytes));
  kernel_free(buffer, BUFFER_BYTES);
  return result;
}

static long send_from(struct file *to, int from, off_t *offset, size_t len_bytes)
{
  struct source source = {.file = descriptor_get(from), .has_offset = offset != NULL};
  if (source.file == NULL)
    return -EBADF;
  if (offset != NULL)
    source.offset = *offset;
  long result = source.offset < 0 ? -EINVAL : send_held(to, &source, len_bytes);
  file_put(source.file);
  if (offset != NULL && result > 0)
    *offset = source.offset;
  return result;
}

ssize_t sys_sendfile(int to, int from, off_t *offset, size_t len_bytes)
{
  long result = 0;
  if (offset != NULL && !program_may(offset, sizeof(*offset), ADDRESS_WRITE))
    return -EFAULT;
  HELD_FILE(result, to, send_from(file, from, offset, len_bytes));
  if (result == -EPIPE)
    sys_raise(SIGPIPE);
  return result;
}
