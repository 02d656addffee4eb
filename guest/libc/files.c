/* Open files: POSIX names for all but what each program does. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "fs/file_system.h"
#include "libc/cancel.h"
#include "libc/result.h"
#include "posix/sys.h"

int fstat(int fd, struct stat *status)
{
  return (int) libc_result(sys_fstat(fd, status));
}

ssize_t pread(int fd, void *buffer, size_t len_bytes, off_t offset)
{
  thread_test_cancel();
  return libc_result(sys_pread(fd, buffer, len_bytes, offset));
}

ssize_t pwrite(int fd, const void *buffer, size_t len_bytes, off_t offset)
{
  thread_test_cancel();
  return libc_result(sys_pwrite(fd, buffer, len_bytes, offset));
}

int fcntl(int fd, int command, ...)
{
  va_list arguments;
  va_start(arguments, command);
  long argument = va_arg(arguments, long);
  va_end(arguments);
  bool waits = command == F_SETLKW;
  if (waits)
    thread_point_begin();
  long result = sys_fcntl(fd, command, argument);
  if (waits)
    thread_point_end(result);
  return (int) libc_result(result);
}

int dup(int fd)
{
  return (int) libc_result(sys_dup(fd));
}

int dup2(int fd, int to)
{
  return (int) libc_result(sys_dup2(fd, to));
}

int dup3(int fd, int to, int flags)
{
  return (int) libc_result(sys_dup3(fd, to, flags));
}

int fsync(int fd)
{
  thread_test_cancel();
  return (int) libc_result(sys_fsync(fd));
}

int fdatasync(int fd)
{
  thread_test_cancel();
  return (int) libc_result(sys_fdatasync(fd));
}

int ftruncate(int fd, off_t len_bytes)
{
  return (int) libc_result(sys_ftruncate(fd, len_bytes));
}

int posix_fallocate(int fd, off_t offset, off_t len_bytes)
{
  return -sys_fallocate(fd, offset, len_bytes);
}

/* All of a file is as near as it gets. */
int posix_fadvise(int fd, off_t offset, off_t len_bytes, int advice)
{
  (void) offset;
  off_t at = sys_lseek(fd, 0, SEEK_CUR);
  if (at == -EBADF || at == -ESPIPE)
    return (int) -at;
  return len_bytes < 0 || advice < POSIX_FADV_NORMAL || advice > POSIX_FADV_NOREUSE ? EINVAL : 0;
}

int fchmod(int fd, mode_t mode)
{
  return (int) libc_result(sys_fchmod(fd, mode));
}

int fchown(int fd, uid_t user, gid_t group)
{
  return (int) libc_result(sys_fchown(fd, user, group));
}

int futimens(int fd, const struct timespec times[2])
{
  return (int) libc_result(sys_futimens(fd, times));
}

int fstatvfs(int fd, struct statvfs *space)
{
  return (int) libc_result(sys_fstatvfs(fd, space));
}

/* Everything is with the host already, or lives as long as the guest. */
void sync(void)
{
  if (host_flush_all != NULL)
    host_flush_all();
}
