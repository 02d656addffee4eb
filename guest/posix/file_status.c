/* Open files: what else there is to them than bytes. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>

#include "fs/program_memory.h"
#include "posix/held.h"
#include "posix/sys.h"

int sys_fsync(int fd)
{
  int result = 0;
  HELD_FILE(result, fd, file_sync(file, false));
  return result;
}

int sys_fdatasync(int fd)
{
  int result = 0;
  HELD_FILE(result, fd, file_sync(file, true));
  return result;
}

int sys_ftruncate(int fd, off_t len_bytes)
{
  int result = 0;
  HELD_FILE(result, fd, file_truncate(file, len_bytes));
  return result;
}

int sys_fallocate(int fd, off_t offset, off_t len_bytes)
{
  int result = 0;
  HELD_FILE(result, fd, file_allocate(file, offset, len_bytes));
  return result;
}

int sys_fchmod(int fd, mode_t mode)
{
  int result = 0;
  HELD_FILE(result, fd, file_set_mode(file, mode & 07777));
  return result;
}

int sys_fchown(int fd, uid_t user, gid_t group)
{
  int result = 0;
  HELD_FILE(result, fd, file_set_owner(file, user, group));
  return result;
}

int sys_futimens(int fd, const struct timespec times[2])
{
  return sys_utimensat(fd, NULL, times, 0);
}

int sys_fstatvfs(int fd, struct statvfs *space)
{
  int result = 0;
  struct statvfs found;
  memset(&found, 0, sizeof(found));
  HELD_FILE(result, fd, file_space(file, &found));
  return result == 0 ? program_put(space, &found, sizeof(found)) : result;
}

ssize_t sys_getdents(int fd, void *buffer, size_t len_bytes)
{
  long result = 0;
  HELD_FILE(result, fd, file_list(file, buffer, len_bytes));
  return result;
}
