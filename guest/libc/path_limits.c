/* Limits of files and paths: pathconf() and fpathconf(). */
#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libc/result.h"
#include "posix/sys.h"

static long limit_of(int name, const struct stat *status)
{
  switch (name)
  {
  case _PC_LINK_MAX:
    return LINK_MAX;
  case _PC_NAME_MAX:
    return NAME_MAX;
  case _PC_PATH_MAX:
    return PATH_MAX;
  case _PC_PIPE_BUF:
    return PIPE_BUF;
  case _PC_MAX_CANON:
    return MAX_CANON;
  case _PC_MAX_INPUT:
    return MAX_INPUT;
  case _PC_CHOWN_RESTRICTED:
  case _PC_NO_TRUNC:
    return 1;
  case _PC_VDISABLE:
    return 0;
  case _PC_FILESIZEBITS:
    return 64;
  case _PC_2_SYMLINKS:
    return 1;
  case _PC_SYMLINK_MAX: /* no limit but that of paths */
  case _PC_ASYNC_IO:
  case _PC_PRIO_IO:
  case _PC_SYNC_IO:
    return -1;
  case _PC_REC_INCR_XFER_SIZE:
  case _PC_REC_MIN_XFER_SIZE:
  case _PC_REC_XFER_ALIGN:
  case _PC_ALLOC_SIZE_MIN:
    return status->st_blksize;
  default:
    return libc_result(-EINVAL);
  }
}

long pathconf(const char *path, int name)
{
  struct stat status;
  long error = libc_result(sys_stat(path, &status));
  return error != 0 ? error : limit_of(name, &status);
}

long fpathconf(int fd, int name)
{
  struct stat status;
  long error = libc_result(sys_fstat(fd, &status));
  return error != 0 ? error : limit_of(name, &status);
}
