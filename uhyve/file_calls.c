/* Opens, reads and writes files for a guest, straight from and to its memory. */
#include "file_calls.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "file_open.h"
#include "held_file.h"

/* One call lists no more: no signal ends this process while it does. */
#define LIST_MAX_BYTES (1u << 20)

/* A process that has a lease on the file is asked to give it up: for that an open() waits. */
#define LEASE_PAUSE_NS  1000000
#define LEASE_MAX_TRIES 1000

/* Whether an open with this result is made again, and when: returns then. */
static bool tries_again(struct call *call, int result, int tries)
{
  if (result == -EAGAIN && tries < LEASE_MAX_TRIES)
    nanosleep(&(struct timespec){.tv_nsec = LEASE_PAUSE_NS}, NULL);
  else if (result != -EINTR)
    return false;
  return !atomic_load(&call->vm->ending);
}

enum hypercall_verdict file_call_open(struct call *call, struct hc_file_open *block)
{
  char path[HC_MAX_PATH_BYTES + 1];
  const struct mapping *mapping = call_mapping(call, block->mapping);
  if (mapping == NULL || !call_path(call, block->path, path))
    return HYPERCALL_BROKEN;
  struct stat status = {0};
  int tries = 0;
  int fd;
  do
    fd = file_open(mapping, path, (int) block->flags, block->mode, &status);
  while (tries_again(call, fd, ++tries));
  block->result = fd < 0 ? fd : files_add(&call->vm->files, fd, mapping->read_only);
  if (block->result >= 0)
    memcpy(&block->stat, &status, sizeof(block->stat));
  return HYPERCALL_CONTINUE;
}

/* An offset of the stream's own is for the standard streams only. */
static bool is_offset_right(const struct hc_file_io *block)
{
  return block->offset >= 0 ||
         (block->offset == HC_OFFSET_OF_STREAM && block->handle < FILES_FIRST);
}

enum hypercall_verdict file_call_read(struct call *call, struct hc_file_io *block)
{
  struct iovec pieces[HC_MAX_SEGMENTS];
  int count = call_segments(call, block->segment, block->segments, GUEST_WRITE, pieces);
  if (count < 0)
    return HYPERCALL_BROKEN;
  struct held_file handle;
  block->result = held_file_take(call->vm, block->handle, HELD_FILE_DATA, &handle);
  if (block->result != 0)
    return HYPERCALL_CONTINUE;
  block->result = -EINVAL;
  if (is_offset_right(block))
  {
    do
    {
      ssize_t moved = preadv2(handle.fd, pieces, count, block->offset, 0);
      block->result = moved >= 0 ? moved : -errno;
    } while (block->result == -EINTR && !atomic_load(&call->vm->ending));
  }
  held_file_give_back(call->vm, &handle);
  return HYPERCALL_CONTINUE;
}

/* Returns bytes written or a negative errno. */
static int64_t write_pieces(const struct hc_file_io *block, int fd, struct iovec *pieces, int count)
{
  bool at_end = block->offset == HC_OFFSET_OF_END;
  ssize_t moved = pwritev2(fd, pieces, count, at_end ? 0 : block->offset, at_end ? RWF_APPEND : 0);
  return moved >= 0 ? moved : -errno;
}

static void note_end(struct hc_file_io *block, int fd)
{
  struct stat status;
  if (block->result > 0 && fstat(fd, &status) == 0)
    block->offset = status.st_size;
}

enum hypercall_verdict file_call_write(struct call *call, struct hc_file_io *block)
{
  struct iovec pieces[HC_MAX_SEGMENTS];
  int count = call_segments(call, block->segment, block->segments, GUEST_READ, pieces);
  if (count < 0)
    return HYPERCALL_BROKEN;
  struct held_file handle;
  block->result = held_file_take(call->vm, block->handle, HELD_FILE_DATA, &handle);
  if (block->result != 0)
    return HYPERCALL_CONTINUE;
  block->result = -EINVAL;
  if (is_offset_right(block) || block->offset == HC_OFFSET_OF_END)
  {
    do
      block->result = write_pieces(block, handle.fd, pieces, count);
    while (block->result == -EINTR && !atomic_load(&call->vm->ending));
    if (block->offset == HC_OFFSET_OF_END)
      note_end(block, handle.fd);
  }
  held_file_give_back(call->vm, &handle);
  return HYPERCALL_CONTINUE;
}

static int64_t list_entries(struct file *file, int64_t position, const struct iovec *buffer)
{
  unsigned int bytes =
      buffer->iov_len < LIST_MAX_BYTES ? (unsigned int) buffer->iov_len : LIST_MAX_BYTES;
  int64_t result = -EINVAL;
  pthread_mutex_lock(&file->list_lock);
  if (position >= 0)
    result = lseek(file->fd, position, SEEK_SET) < 0 ? -errno : 0;
  if (result == 0)
  {
    result = syscall(SYS_getdents64, file->fd, buffer->iov_base, bytes);
    if (result < 0)
      result = -errno;
  }
  pthread_mutex_unlock(&file->list_lock);
  return result;
}

enum hypercall_verdict file_call_list(struct call *call, struct hc_file_list *block)
{
  struct iovec pieces[HC_MAX_SEGMENTS];
  if (call_segments(call, &block->segment, 1, GUEST_WRITE, pieces) < 0)
    return HYPERCALL_BROKEN;
  struct file *file = files_take(&call->vm->files, block->handle);
  block->result = -EBADF;
  if (file != NULL)
  {
    block->result = list_entries(file, block->position, &pieces[0]);
    files_give_back(&call->vm->files, file);
  }
  return HYPERCALL_CONTINUE;
}
