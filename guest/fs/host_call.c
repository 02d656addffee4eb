/* The hypercalls for files: blocks, paths and buffers. */
#include "fs/host_call.h"

#include <errno.h>
#include <string.h>

#include "hypercall.h"
#include "sched/sched.h"

/* One call moves no more, so that interrupts get a turn in between. */
#define CALL_MOST_BYTES (8ul << 20)

_Static_assert(sizeof(struct stat) == sizeof(struct hc_stat), "both are Linux's");
_Static_assert(offsetof(struct stat, st_size) == offsetof(struct hc_stat, size_bytes) &&
                   offsetof(struct stat, st_rdev) == offsetof(struct hc_stat, rdev) &&
                   offsetof(struct stat, st_ctim) == offsetof(struct hc_stat, ctime_s),
               "both are Linux's");

static void call(enum hc_port port, void *block)
{
  uint32_t was_masked = sched_go_away();
  hypercall(port, block);
  sched_come_back(was_masked);
}

/* 0, or -EFAULT, -ENAMETOOLONG. */
static int fill_path(struct hc_segment segment[2], const char *path)
{
  size_t len_bytes = path != NULL ? strlen(path) : 0;
  uint32_t used;
  segment[0] = segment[1] = (struct hc_segment){0};
  if (len_bytes > HC_MAX_PATH_BYTES)
    return -ENAMETOOLONG;
  return hypercall_segments(segment, 2, &used, path, len_bytes, ADDRESS_READ) == len_bytes
             ? 0
             : -EFAULT;
}

static void copy_stat(struct stat *status, const struct hc_stat *from)
{
  memcpy(status, from, sizeof(*status));
}

long host_call_open(uint32_t mapping, const char *path, int flags, mode_t mode, struct stat *status)
{
  HC_BLOCK(struct hc_file_open)
  block = {.mapping = mapping, .flags = (uint32_t) flags, .mode = mode};
  int error = fill_path(block.path, path);
  if (error != 0)
    return error;
  call(HC_file_open, &block);
  if (block.result >= 0)
    copy_stat(status, &block.stat);
  return block.result;
}

/* One call: bytes, and in *covered how many it was for. */
static long move_some(enum hc_port port, struct hc_file_io *io, const void *buffer,
                      size_t len_bytes, size_t *covered)
{
  if (len_bytes > CALL_MOST_BYTES)
    len_bytes = CALL_MOST_BYTES;
  *covered = hypercall_segments(io->segment, HC_MAX_SEGMENTS, &io->segments, buffer, len_bytes,
                                port == HC_file_read ? ADDRESS_WRITE : ADDRESS_READ);
  if (*covered == 0)
    return -EFAULT;
  io->result = 0;
  call(port, io);
  return io->result;
}

static long move_all(enum hc_port port, int32_t handle, const void *buffer, size_t len_bytes,
                     int64_t offset, off_t *end)
{
  HC_BLOCK(struct hc_file_io) io;
  io.handle = handle;
  size_t done = 0;
  while (done < len_bytes)
  {
    size_t covered;
    io.offset = end != NULL ? HC_OFFSET_OF_END : offset + (int64_t) done;
    long moved = move_some(port, &io, (const char *) buffer + done, len_bytes - done, &covered);
    if (moved < 0)
      return done > 0 ? (long) done : moved;
    done += (size_t) moved;
    if (end != NULL)
      *end = io.offset;
    if ((size_t) moved < covered)
      break;
  }
  return (long) done;
}

long host_call_read(int32_t handle, void *buffer, size_t len_bytes, off_t offset)
{
  return move_all(HC_file_read, handle, buffer, len_bytes, offset, NULL);
}

long host_call_write(int32_t handle, const void *buffer, size_t len_bytes, off_t offset)
{
  return move_all(HC_file_write, handle, buffer, len_bytes, offset, NULL);
}

long host_call_append(int32_t handle, const void *buffer, size_t len_bytes, off_t *end)
{
  return move_all(HC_file_write, handle, buffer, len_bytes, 0, end);
}

int64_t host_call_control(int32_t handle, enum hc_file_operation operation, int64_t *argument,
                          struct stat *status)
{
  HC_BLOCK(struct hc_file_control) block = {.handle = handle, .operation = operation};
  if (argument != NULL)
    memcpy(block.argument, argument, sizeof(block.argument));
  call(HC_file_control, &block);
  if (argument != NULL)
    memcpy(argument, block.argument, sizeof(block.argument));
  if (status != NULL && block.result >= 0)
    copy_stat(status, &block.stat);
  return block.result;
}

long host_call_list(int32_t handle, off_t position, void *buffer, size_t len_bytes)
{
  HC_BLOCK(struct hc_file_list) block = {.handle = handle, .position = position};
  block.segment =
      (struct hc_segment){.gpa = address_to_gpa(buffer, ADDRESS_WRITE), .len_bytes = len_bytes};
  call(HC_file_list, &block);
  return block.result;
}

long host_call_path(struct hc_path *block, const char *path, const char *other, void *buffer,
                    size_t len_bytes)
{
  int error = fill_path(block->path, path);
  if (error == 0)
    error = fill_path(block->other, other);
  if (error != 0)
    return error;
  block->buffer = (struct hc_segment){0};
  if (buffer != NULL)
    block->buffer =
        (struct hc_segment){.gpa = address_to_gpa(buffer, ADDRESS_WRITE), .len_bytes = len_bytes};
  call(HC_path, block);
  return block->result;
}
