/* Bytes of open files at any offset, and in several pieces. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

#include "fs/program_memory.h"
#include "mm/kernel_heap.h"
#include "net/socket.h"
#include "posix/held.h"
#include "posix/held_socket.h"
#include "posix/sys.h"

ssize_t sys_pread(int fd, void *buffer, size_t len_bytes, off_t offset)
{
  long result = 0;
  HELD_FILE(result, fd, file_read_at(file, buffer, len_bytes, offset));
  return result;
}

ssize_t sys_pwrite(int fd, const void *buffer, size_t len_bytes, off_t offset)
{
  long result = 0;
  HELD_FILE(result, fd, file_write_at(file, buffer, len_bytes, offset));
  return result;
}

/* ---- Several pieces ---- */

/* What is not in a file with offsets is gathered in between, up to this: so it is one transfer, and
 * what threads write does not mix. What is longer is written piece by piece. */
#define SMALL_BYTES    1024ul
#define GATHERED_BYTES 65536ul

struct pieces
{
  struct file *file;
  const struct iovec *vectors;
  int count;
  size_t total_bytes;
  bool writes;
};

static long count_bytes(struct pieces *pieces)
{
  if (pieces->count < 0 || pieces->count > IOV_MAX)
    return -EINVAL;
  if (!program_may(pieces->vectors, (size_t) pieces->count * sizeof(struct iovec), ADDRESS_READ))
    return -EFAULT;
  for (int i = 0; i < pieces->count; i++)
    if (__builtin_add_overflow(pieces->total_bytes, pieces->vectors[i].iov_len,
                               &pieces->total_bytes))
      return -EINVAL;
  return pieces->total_bytes <= INT64_MAX ? 0 : -EINVAL;
}

/* Between the pieces and a buffer, as far as it goes. Returns the bytes, or -EFAULT for none. */
static long copy_pieces(const struct pieces *pieces, char *buffer, size_t len_bytes)
{
  size_t done = 0;
  for (int i = 0; i < pieces->count && done < len_bytes; i++)
  {
    size_t piece = pieces->vectors[i].iov_len;
    if (piece > len_bytes - done)
      piece = len_bytes - done;
    char *base = pieces->vectors[i].iov_base;
    size_t accessible = program_memory(base, piece, pieces->writes ? ADDRESS_READ : ADDRESS_WRITE);
    memcpy(pieces->writes ? buffer + done : base, pieces->writes ? base : buffer + done,
           accessible);
    done += accessible;
    if (accessible < piece)
      break;
  }
  return done > 0 || len_bytes == 0 ? (long) done : -EFAULT;
}

static long move_gathered(const struct pieces *pieces, char *buffer, size_t len_bytes)
{
  if (pieces->writes)
  {
    long gathered = copy_pieces(pieces, buffer, len_bytes);
    return gathered < 0 ? gathered : file_write(pieces->file, buffer, (size_t) gathered);
  }
  long result = file_read(pieces->file, buffer, len_bytes);
  return result > 0 ? copy_pieces(pieces, buffer, (size_t) result) : result;
}

static long move_as_one(const struct pieces *pieces)
{
  char small[SMALL_BYTES];
  size_t len_bytes = pieces->total_bytes < GATHERED_BYTES ? pieces->total_bytes : GATHERED_BYTES;
  if (len_bytes <= SMALL_BYTES)
    return move_gathered(pieces, small, len_bytes);
  char *buffer = kernel_allocate(len_bytes);
  if (buffer == NULL)
    return -ENOMEM;
  long result = move_gathered(pieces, buffer, len_bytes);
  kernel_free(buffer, len_bytes);
  return result;
}

static long write_each(const struct pieces *pieces)
{
  long done = 0;
  for (int i = 0; i < pieces->count; i++)
  {
    size_t len_bytes = pieces->vectors[i].iov_len;
    if (len_bytes == 0)
      continue;
    long result = file_write(pieces->file, pieces->vectors[i].iov_base, len_bytes);
    /* With the result -EPIPE the caller does so. */
    if (result == -EPIPE && done > 0)
      sys_raise(SIGPIPE);
    if (result < 0)
      return done > 0 ? done : result;
    done += result;
    if ((size_t) result < len_bytes)
      break;
  }
  return done;
}

/* One by one, at an offset. */
static long move_at(const struct pieces *pieces, off_t offset, off_t *end)
{
  const struct file_operations *operations = pieces->file->operations;
  long done = 0;
  *end = offset;
  for (int i = 0; i < pieces->count; i++)
  {
    char *base = pieces->vectors[i].iov_base;
    size_t len_bytes = file_at_most(pieces->vectors[i].iov_len);
    if (len_bytes == 0)
      continue;
    long result = pieces->writes
                      ? operations->write(pieces->file, base, len_bytes, offset + done, end)
                      : operations->read(pieces->file, base, len_bytes, offset + done);
    if (result < 0)
      return done > 0 ? done : result;
    done += result;
    if (!pieces->writes)
      *end = offset + done;
    if ((size_t) result < len_bytes)
      break;
  }
  return done;
}

/* One message, however large. */
static long move_message(const struct pieces *pieces)
{
  struct socket *socket = socket_of(pieces->file);
  struct socket_message message = {.vectors = pieces->vectors,
                                   .count = (size_t) pieces->count,
                                   .total_bytes = file_at_most(pieces->total_bytes)};
  if (pieces->writes)
    return socket->operations->send(socket, &message);
  return message.total_bytes > 0 ? socket->operations->receive(socket, &message) : 0;
}

static long move_pieces(struct file *file, const struct iovec *vectors, int count, bool writes,
                        off_t offset)
{
  struct pieces pieces = {.file = file, .vectors = vectors, .count = count, .writes = writes};
  off_t end;
  long error = offset == FILE_NO_OFFSET ? 0 : file_check_offset(file, offset);
  if (error == 0)
    error = writes ? file_check_write(file) : file_check_read(file);
  if (error == 0)
    error = count_bytes(&pieces);
  if (error != 0)
    return error;
  if (offset != FILE_NO_OFFSET)
    return move_at(&pieces, offset, &end);
  if (file->is_socket)
    return move_message(&pieces);
  if (!file->is_seekable)
    return writes && pieces.total_bytes > GATHERED_BYTES ? write_each(&pieces)
                                                         : move_as_one(&pieces);
  mutex_lock(&file->mutex);
  long result = move_at(&pieces, file->offset, &end);
  if (result > 0)
    file->offset = end;
  mutex_unlock(&file->mutex);
  return result;
}

ssize_t sys_readv(int fd, const struct iovec *vectors, int count)
{
  long result = 0;
  HELD_TRANSFER(result, fd, receive_timeout_ns,
                move_pieces(file, vectors, count, false, FILE_NO_OFFSET));
  return result;
}

static long write_pieces(struct file *file, const struct iovec *vectors, int count, bool *is_silent)
{
  *is_silent = file->is_silent;
  return move_pieces(file, vectors, count, true, FILE_NO_OFFSET);
}

ssize_t sys_writev(int fd, const struct iovec *vectors, int count)
{
  long result = 0;
  bool is_silent = false;
  HELD_TRANSFER(result, fd, send_timeout_ns, write_pieces(file, vectors, count, &is_silent));
  if (result == -EPIPE && !is_silent)
    sys_raise(SIGPIPE);
  return result;
}

ssize_t sys_preadv(int fd, const struct iovec *vectors, int count, off_t offset)
{
  long result = 0;
  if (offset < 0)
    return -EINVAL;
  HELD_FILE(result, fd, move_pieces(file, vectors, count, false, offset));
  return result;
}

ssize_t sys_pwritev(int fd, const struct iovec *vectors, int count, off_t offset)
{
  long result = 0;
  if (offset < 0)
    return -EINVAL;
  HELD_FILE(result, fd, move_pieces(file, vectors, count, true, offset));
  return result;
}
