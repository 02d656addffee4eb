/* What else there is to do with an open file: a handler an operation. */
#include "file_control.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_status.h"
#include "held_file.h"
#include "record_locks.h"

static int64_t result_of(int64_t result)
{
  return result < 0 ? -errno : result;
}

static int64_t do_stat(const struct held_file *handle, struct hc_file_control *block)
{
  return file_status(handle->fd, &block->stat);
}

static int64_t do_truncate(const struct held_file *handle, struct hc_file_control *block)
{
  return result_of(ftruncate(handle->fd, block->argument[0]));
}

static int64_t do_sync(const struct held_file *handle, struct hc_file_control *block)
{
  return result_of(block->argument[0] == 1 ? fdatasync(handle->fd) : fsync(handle->fd));
}

static int64_t do_mode(const struct held_file *handle, struct hc_file_control *block)
{
  return result_of(fchmod(handle->fd, file_mode_allowed(handle->fd, (mode_t) block->argument[0])));
}

static int64_t do_owner(const struct held_file *handle, struct hc_file_control *block)
{
  return result_of(fchown(handle->fd, (uid_t) block->argument[0], (gid_t) block->argument[1]));
}

static int64_t do_times(const struct held_file *handle, struct hc_file_control *block)
{
  const struct timespec times[] = {
      {.tv_sec = block->argument[0], .tv_nsec = block->argument[1]},
      {.tv_sec = block->argument[2], .tv_nsec = block->argument[3]},
  };
  return result_of(futimens(handle->fd, times));
}

static int64_t do_seek(const struct held_file *handle, struct hc_file_control *block)
{
  int64_t whence = block->argument[1];
  bool of_data = whence == SEEK_DATA || whence == SEEK_HOLE;
  if (!of_data && (handle->file != NULL || whence < SEEK_SET || whence > SEEK_END))
    return -EINVAL;
  return result_of(lseek(handle->fd, block->argument[0], (int) whence));
}

static int64_t do_lock(const struct held_file *handle, struct hc_file_control *block)
{
  bool test = block->operation == HC_FILE_LOCK_TEST;
  int64_t *argument = block->argument;
  if (argument[0] < SHRT_MIN || argument[0] > SHRT_MAX ||
      (argument[1] != SEEK_SET && argument[1] != SEEK_END))
    return -EINVAL;
  struct flock lock = {
      .l_type = (short) argument[0],
      .l_whence = (short) argument[1],
      .l_start = argument[2],
      .l_len = argument[3],
  };
  if (!test)
    return record_locks_set(handle->fd, &lock);
  int64_t result = result_of(fcntl(handle->fd, F_GETLK, &lock));
  if (result == 0)
  {
    argument[0] = lock.l_type;
    argument[1] = lock.l_whence;
    argument[2] = lock.l_start;
    argument[3] = lock.l_len;
    argument[4] = lock.l_pid;
  }
  return result;
}

static int64_t do_allocate(const struct held_file *handle, struct hc_file_control *block)
{
  return result_of(fallocate(handle->fd, 0, block->argument[0], block->argument[1]));
}

static int64_t do_space(const struct held_file *handle, struct hc_file_control *block)
{
  struct hc_space space;
  int64_t result = file_space(handle->fd, handle->read_only, &space);
  if (result == 0)
    memcpy(&block->stat, &space, sizeof(space));
  return result;
}

static int64_t do_flags(const struct held_file *handle, struct hc_file_control *block)
{
  int flags = fcntl(handle->fd, F_GETFL);
  if (flags < 0)
    return -errno;
  if (block->argument[0] >= 0)
  {
    /* Those of the standard streams other processes share. */
    if (handle->file == NULL || (block->argument[0] & ~(int64_t) O_APPEND) != 0)
      return -EINVAL;
    flags = (flags & ~O_APPEND) | (int) block->argument[0];
    if (fcntl(handle->fd, F_SETFL, flags) != 0)
      return -errno;
  }
  block->argument[0] = flags;
  return 0;
}

/* Of a standard stream that was given for reading a process could change mode, owner and times;
 * what a guest is given it changes only where its user said so. */
static bool is_kept(const struct held_file *handle)
{
  if (handle->file != NULL)
    return handle->read_only;
  int flags = fcntl(handle->fd, F_GETFL);
  return flags < 0 || (flags & O_ACCMODE) == O_RDONLY;
}

static const struct
{
  int64_t (*act)(const struct held_file *handle, struct hc_file_control *block);
  enum held_file_use use;
  bool changes; /* the file: not one that is kept */
} operations[HC_FILE_OPERATIONS] = {
    [HC_FILE_STAT] = {do_stat, HELD_FILE_LOOK, false},
    [HC_FILE_TRUNCATE] = {do_truncate, HELD_FILE_DATA, false},
    [HC_FILE_SYNC] = {do_sync, HELD_FILE_LOOK, false},
    [HC_FILE_MODE] = {do_mode, HELD_FILE_DATA, true},
    [HC_FILE_OWNER] = {do_owner, HELD_FILE_DATA, true},
    [HC_FILE_TIMES] = {do_times, HELD_FILE_DATA, true},
    [HC_FILE_SEEK] = {do_seek, HELD_FILE_LOOK, false},
    [HC_FILE_LOCK] = {do_lock, HELD_FILE_DATA, false},
    [HC_FILE_LOCK_TEST] = {do_lock, HELD_FILE_DATA, false},
    [HC_FILE_ALLOCATE] = {do_allocate, HELD_FILE_DATA, false},
    [HC_FILE_SPACE] = {do_space, HELD_FILE_LOOK, false},
    [HC_FILE_FLAGS] = {do_flags, HELD_FILE_LOOK, false},
};

enum hypercall_verdict file_control_serve(struct call *call, struct hc_file_control *block)
{
  if (block->operation >= HC_FILE_OPERATIONS)
    return call_broken(call, "there is no operation %u", block->operation);
  if (block->operation == HC_FILE_CLOSE)
  {
    block->result = files_close(&call->vm->files, block->handle);
    return HYPERCALL_CONTINUE;
  }
  struct held_file handle;
  block->result =
      held_file_take(call->vm, block->handle, operations[block->operation].use, &handle);
  if (block->result != 0)
    return HYPERCALL_CONTINUE;
  block->result = operations[block->operation].changes && is_kept(&handle)
                      ? -EROFS
                      : operations[block->operation].act(&handle, block);
  held_file_give_back(call->vm, &handle);
  return HYPERCALL_CONTINUE;
}
