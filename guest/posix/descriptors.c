/* Descriptors as numbers: dup, fcntl and their like. */
#include "fs/descriptors.h"

#include <errno.h>
#include <fcntl.h>

#include "posix/held.h"
#include "posix/sys.h"

static int add_again(struct file *file, int lowest, bool close_on_exec)
{
  file_get(file);
  int fd = descriptor_add(file, lowest, close_on_exec);
  if (fd < 0)
    file_put(file);
  return fd;
}

int sys_dup(int fd)
{
  int result = 0;
  HELD_FILE(result, fd, add_again(file, 0, false));
  return result;
}

static int set_again(struct file *file, int fd, int to, bool close_on_exec)
{
  if (fd == to)
    return to;
  file_get(file);
  int result = descriptor_set(to, file, close_on_exec);
  if (result < 0)
    file_put(file);
  return result;
}

int sys_dup2(int fd, int to)
{
  int result = 0;
  HELD_FILE(result, fd, set_again(file, fd, to, false));
  return result;
}

int sys_dup3(int fd, int to, int flags)
{
  int result = 0;
  if (fd == to || (flags & ~O_CLOEXEC) != 0)
    return -EINVAL;
  HELD_FILE(result, fd, set_again(file, fd, to, (flags & O_CLOEXEC) != 0));
  return result;
}

static int duplicate_from(struct file *file, long lowest, bool close_on_exec)
{
  if (lowest < 0 || lowest >= (long) descriptor_limit())
    return -EINVAL;
  return add_again(file, (int) lowest, close_on_exec);
}

/* The size of a pipe; an ioctl() inside. */
static int control_pipe(struct file *file, int command, long argument)
{
  if (file->operations->control == NULL)
    return -EBADF;
  /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
  int result = file->operations->control(file, (unsigned long) command, (void *) argument);
  return result == -ENOTTY ? -EBADF : result;
}

#define SETTABLE (O_APPEND | O_NONBLOCK | O_ASYNC | O_NOATIME)

static int set_flags(struct file *file, uint32_t flags)
{
  uint32_t old = __atomic_load_n(&file->flags, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(&file->flags, &old,
                                      (old & ~(uint32_t) SETTABLE) | (flags & SETTABLE), true,
                                      __ATOMIC_RELAXED, __ATOMIC_RELAXED))
    ;
  return 0;
}

static int control(struct file *file, int fd, int command, long argument)
{
  bool is_path = (file->flags & O_PATH) != 0;
  switch (command)
  {
  case F_DUPFD:
  case F_DUPFD_CLOEXEC:
    return duplicate_from(file, argument, command == F_DUPFD_CLOEXEC);
  case F_GETFD:
    return descriptor_flags(fd);
  case F_SETFD:
    return descriptor_set_flags(fd, (int) argument);
  case F_GETFL:
    return (int) file->flags;
  case F_SETFL:
    return is_path ? -EBADF : set_flags(file, (uint32_t) argument);
  case F_GETLK:
  case F_SETLK:
  case F_SETLKW:
    /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
    return is_path ? -EBADF : file_lock(file, command, (struct flock *) argument);
  case F_SETPIPE_SZ:
  case F_GETPIPE_SZ:
    return control_pipe(file, command, argument);
  case F_GETOWN:
    return 0;
  default:
    return -EINVAL;
  }
}

int sys_fcntl(int fd, int command, long argument)
{
  int result = 0;
  HELD_FILE(result, fd, control(file, fd, command, argument));
  return result;
}
