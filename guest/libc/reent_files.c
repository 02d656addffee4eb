/* The calls on files by name that Newlib makes, for programs that open some. */
#include <fcntl.h>
#include <reent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libc/result.h"
#include "posix/sys.h"

static int result_of(struct _reent *reent, long result)
{
  if (result >= 0)
    return (int) result;
  _REENT_ERRNO(reent) = (int) -result;
  return -1;
}

int _open_r(struct _reent *reent, const char *path, int flags, int mode)
{
  return result_of(reent, sys_open(path, flags, (mode_t) mode));
}

int _fcntl_r(struct _reent *reent, int fd, int command, int argument)
{
  return result_of(reent, sys_fcntl(fd, command, argument));
}

int _stat_r(struct _reent *reent, const char *path, struct stat *status)
{
  return result_of(reent, sys_stat(path, status));
}

int _rename_r(struct _reent *reent, const char *from, const char *to)
{
  return result_of(reent, sys_renameat2(AT_FDCWD, from, AT_FDCWD, to, 0));
}

int _unlink_r(struct _reent *reent, const char *path)
{
  return result_of(reent, sys_unlink(path));
}

int _link_r(struct _reent *reent, const char *from, const char *to)
{
  return result_of(reent, sys_linkat(AT_FDCWD, from, AT_FDCWD, to, 0));
}

int _mkdir_r(struct _reent *reent, const char *path, int mode)
{
  return result_of(reent, sys_mkdirat(AT_FDCWD, path, (mode_t) mode));
}

int _remove_r(struct _reent *reent, const char *path)
{
  int error = sys_unlinkat(AT_FDCWD, path, 0);
  return result_of(reent, error == -EISDIR ? sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR) : error);
}
