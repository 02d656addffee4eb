/* The standard streams as open files. Those that are regular files on the host keep their offset
 * there, for others may share it. */
#include "fs/standard_streams.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "hypercall.h"
#include "mm/kernel_heap.h"
#include "posix/stream_io.h"
#include "posix/terminal.h"
#include "sched/sched.h"
#include "start_info.h"

/* What stdio buffers when standard output is no terminal. */
#define STREAM_BLOCK_BYTES 65536

struct stream
{
  struct file file;
  int fd; /* of the host */
};

static struct stream streams[3];

static int fd_of(const struct file *file)
{
  return ((const struct stream *) file)->fd;
}

static bool is_regular(const struct file *file)
{
  return S_ISREG(start_info->stream_mode[fd_of(file)]);
}

static bool waits(const struct file *file)
{
  return (__atomic_load_n(&file->flags, __ATOMIC_RELAXED) & O_NONBLOCK) == 0;
}

/* As much as one hypercall takes. */
static long transfer_at(enum hc_port port, int fd, const void *buffer, size_t len_bytes,
                        off_t offset)
{
  HC_BLOCK(struct hc_file_io) io;
  struct hc_io list;
  enum address_access access = port == HC_file_read ? ADDRESS_WRITE : ADDRESS_READ;
  if (len_bytes > 0 && hypercall_fill_segments(&list, buffer, len_bytes, access) == 0)
    return -EFAULT;
  io.handle = fd;
  io.segments = len_bytes > 0 ? list.segments : 0;
  io.offset = offset;
  io.result = 0;
  memcpy(io.segment, list.segment, io.segments * sizeof(io.segment[0]));
  uint32_t was_masked = sched_go_away();
  hypercall(port, &io);
  sched_come_back(was_masked);
  return io.result;
}

static long move_at(enum hc_port port, const struct file *file, const void *buffer,
                    size_t len_bytes, off_t offset)
{
  size_t done = 0;
  if (!is_regular(file))
    return -ESPIPE;
  do
  {
    long moved = transfer_at(port, fd_of(file), (const char *) buffer + done, len_bytes - done,
                             offset + (off_t) done);
    if (moved <= 0)
      return done > 0 ? (long) done : moved;
    done += (size_t) moved;
  } while (done < len_bytes);
  return (long) done;
}

static long read_stream(struct file *file, void *buffer, size_t len_bytes, off_t offset)
{
  if (offset != FILE_NO_OFFSET)
    return move_at(HC_file_read, file, buffer, len_bytes, offset);
  return stream_read(fd_of(file), buffer, len_bytes, waits(file));
}

static long write_stream(struct file *file, const void *buffer, size_t len_bytes, off_t offset,
                         off_t *end)
{
  (void) end;
  if (offset != FILE_NO_OFFSET)
    return move_at(HC_file_write, file, buffer, len_bytes, offset);
  return stream_write(fd_of(file), buffer, len_bytes, waits(file));
}

static long control_host(const struct file *file, struct hc_file_control *control)
{
  control->handle = fd_of(file);
  control->result = 0;
  uint32_t was_masked = sched_go_away();
  hypercall(HC_file_control, control);
  sched_come_back(was_masked);
  return control->result;
}

static struct timespec time_of(int64_t seconds, int64_t ns)
{
  return (struct timespec){.tv_sec = seconds, .tv_nsec = (long) ns};
}

static int stat_regular(const struct file *file, struct stat *status)
{
  HC_BLOCK(struct hc_file_control) control = {.operation = HC_FILE_STAT};
  long error = control_host(file, &control);
  const struct hc_stat *from = &control.stat;
  status->st_dev = from->dev;
  status->st_ino = from->ino;
  status->st_nlink = from->nlink;
  status->st_uid = from->uid;
  status->st_gid = from->gid;
  status->st_size = from->size_bytes;
  status->st_blocks = from->blocks;
  status->st_atim = time_of(from->atime_s, from->atime_ns);
  status->st_mtim = time_of(from->mtime_s, from->mtime_ns);
  status->st_ctim = time_of(from->ctime_s, from->ctime_ns);
  return (int) error;
}

static int stat_stream(struct file *file, struct stat *status)
{
  memset(status, 0, sizeof(*status));
  status->st_mode = start_info->stream_mode[fd_of(file)];
  status->st_ino = (ino_t) fd_of(file) + 1;
  status->st_nlink = 1;
  status->st_blksize = STREAM_BLOCK_BYTES;
  status->st_uid = start_info->user;
  status->st_gid = start_info->group;
  return is_regular(file) ? stat_regular(file, status) : 0;
}

static off_t seek_stream(struct file *file, off_t offset, int whence)
{
  HC_BLOCK(struct hc_file_control)
  control = {.operation = HC_FILE_SEEK, .argument = {offset, whence}};
  return is_regular(file) ? control_host(file, &control) : -ESPIPE;
}

static int truncate_stream(struct file *file, off_t len_bytes)
{
  HC_BLOCK(struct hc_file_control)
  control = {.operation = HC_FILE_TRUNCATE, .argument = {len_bytes}};
  return is_regular(file) ? (int) control_host(file, &control) : -EINVAL;
}

static int sync_stream(struct file *file, bool data_only)
{
  HC_BLOCK(struct hc_file_control)
  control = {.operation = HC_FILE_SYNC, .argument = {data_only}};
  return is_regular(file) ? (int) control_host(file, &control) : -EINVAL;
}

static int control_stream(struct file *file, unsigned long request, void *argument)
{
  return stream_control != NULL ? stream_control(fd_of(file), request, argument) : -ENOTTY;
}

static unsigned int poll_stream(struct file *file, struct wait_entry *entry)
{
  return stream_poll != NULL ? stream_poll(fd_of(file), entry) : 0;
}

/* One that is no static one. */
static int release_stream(struct file *file)
{
  struct stream *stream = (struct stream *) file;
  if (stream < streams || stream >= streams + 3)
    kernel_free(stream, sizeof(*stream));
  return 0;
}

static const struct file_operations stream_operations = {
    .read = read_stream,
    .write = write_stream,
    .stat = stat_stream,
    .truncate = truncate_stream,
    .sync = sync_stream,
    .seek = seek_stream,
    .control = control_stream,
    .poll = poll_stream,
    .tells_once = true,
    .release = release_stream,
};

/* A shell may have opened a file for both, or with O_APPEND. */
static uint32_t flags_of_host(int fd)
{
  HC_BLOCK(struct hc_file_control)
  control = {.handle = fd, .operation = HC_FILE_FLAGS, .argument = {-1}};
  hypercall(HC_file_control, &control);
  return control.result == 0 ? (uint32_t) control.argument[0] & (O_ACCMODE | O_APPEND | O_SYNC)
                             : O_RDWR;
}

struct file *standard_stream(int fd)
{
  struct stream *stream = &streams[fd];
  uint32_t flags = O_RDWR;
  if (start_info->stream_mode[fd] == 0)
    return NULL;
  if (S_ISREG(start_info->stream_mode[fd]))
    flags = flags_of_host(fd);
  else if ((start_info->streams_terminal >> fd & 1) == 0)
    flags = fd == STDIN_FILENO ? O_RDONLY : O_WRONLY;
  file_init(&stream->file, &stream_operations, flags, false);
  stream->file.is_terminal = (start_info->streams_terminal >> fd & 1) != 0;
  stream->fd = fd;
  return &stream->file;
}

int standard_stream_open(int fd, int flags, struct file **file)
{
  struct stream *stream = kernel_allocate(sizeof(*stream));
  if (stream == NULL)
    return -ENOMEM;
  file_init(&stream->file, &stream_operations, (uint32_t) flags, false);
  stream->file.is_terminal = true;
  stream->fd = fd;
  *file = &stream->file;
  return 0;
}
