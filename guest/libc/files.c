/* Open files: POSIX names for what else there is than reading and writing. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "libc/cancel.h"
#include "libc/result.h"
#include "posix/sys.h"

int fstat(int fd, struct stat *status)
{
  return (int) libc_result(sys_fstat(fd, status));
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
