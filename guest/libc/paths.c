/* Files by name: POSIX names over the system calls. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "libc/cancel.h"
#include "libc/result.h"
#include "posix/sys.h"

static int open_point(int folder, const char *path, int flags, mode_t mode)
{
  thread_point_begin();
  int result = sys_openat(folder, path, flags, mode);
  thread_point_end(result);
  return (int) libc_result(result);
}

int open(const char *path, int flags, ...)
{
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return open_point(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return open_point(folder, path, flags, mode);
}

int creat(const char *path, mode_t mode)
{
  return open_point(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int stat(const char *restrict path, struct stat *restrict status)
{
  return (int) libc_result(sys_fstatat(AT_FDCWD, path, status, 0));
}

int lstat(const char *restrict path, struct stat *restrict status)
{
  return (int) libc_result(sys_fstatat(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW));
}

int fstatat(int folder, const char *restrict path, struct stat *restrict status, int flags)
{
  return (int) libc_result(sys_fstatat(folder, path, status, flags));
}

int access(const char *path, int mode)
{
  return (int) libc_result(sys_faccessat(AT_FDCWD, path, mode, 0));
}

int faccessat(int folder, const char *path, int mode, int flags)
{
  return (int) libc_result(sys_faccessat(folder, path, mode, flags));
}

int unlink(const char *path)
{
  return (int) libc_result(sys_unlinkat(AT_FDCWD, path, 0));
}

int unlinkat(int folder, const char *path, int flags)
{
  return (int) libc_result(sys_unlinkat(folder, path, flags));
}

int rmdir(const char *path)
{
  return (int) libc_result(sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR));
}

/* A name of whatever kind. */
int remove(const char *path)
{
  int error = sys_unlinkat(AT_FDCWD, path, 0);
  if (error == -EISDIR)
    error = sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
  return (int) libc_result(error);
}

int rename(const char *from, const char *to)
{
  return (int) libc_result(sys_renameat2(AT_FDCWD, from, AT_FDCWD, to, 0));
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
  return (int) libc_result(sys_renameat2(from_folder, from, to_folder, to, 0));
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags)
{
  return (int) libc_result(sys_renameat2(from_folder, from, to_folder, to, flags));
}

int link(const char *from, const char *to)
{
  return (int) libc_result(sys_linkat(AT_FDCWD, from, AT_FDCWD, to, 0));
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
  return (int) libc_result(sys_linkat(from_folder, from, to_folder, to, flags));
}

int symlink(const char *target, const char *path)
{
  return (int) libc_result(sys_symlinkat(target, AT_FDCWD, path));
}

int symlinkat(const char *target, int folder, const char *path)
{
  return (int) libc_result(sys_symlinkat(target, folder, path));
}

ssize_t readlink(const char *restrict path, char *restrict buffer, size_t len_bytes)
{
  return libc_result(sys_readlinkat(AT_FDCWD, path, buffer, len_bytes));
}

ssize_t readlinkat(int folder, const char *restrict path, char *restrict buffer, size_t len_bytes)
{
  return libc_result(sys_readlinkat(folder, path, buffer, len_bytes));
}

int mkdir(const char *path, mode_t mode)
{
  return (int) libc_result(sys_mkdirat(AT_FDCWD, path, mode));
}

int mkdirat(int folder, const char *path, mode_t mode)
{
  return (int) libc_result(sys_mkdirat(folder, path, mode));
}

int chmod(const char *path, mode_t mode)
{
  return (int) libc_result(sys_fchmodat(AT_FDCWD, path, mode, 0));
}

int lchmod(const char *path, mode_t mode)
{
  return (int) libc_result(sys_fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW));
}

int fchmodat(int folder, const char *path, mode_t mode, int flags)
{
  return (int) libc_result(sys_fchmodat(folder, path, mode, flags));
}

int chown(const char *path, uid_t user, gid_t group)
{
  return (int) libc_result(sys_fchownat(AT_FDCWD, path, user, group, 0));
}

int lchown(const char *path, uid_t user, gid_t group)
{
  return (int) libc_result(sys_fchownat(AT_FDCWD, path, user, group, AT_SYMLINK_NOFOLLOW));
}

int fchownat(int folder, const char *path, uid_t user, gid_t group, int flags)
{
  return (int) libc_result(sys_fchownat(folder, path, user, group, flags));
}

int utimensat(int folder, const char *path, const struct timespec times[2], int flags)
{
  return (int) libc_result(path == NULL ? -EFAULT : sys_utimensat(folder, path, times, flags));
}

int truncate(const char *path, off_t len_bytes)
{
  return (int) libc_result(sys_truncate(path, len_bytes));
}

int statvfs(const char *restrict path, struct statvfs *restrict space)
{
  return (int) libc_result(sys_statvfs(path, space));
}
