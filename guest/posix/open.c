/* open and openat. */
#include <errno.h>
#include <fcntl.h>

#include "fs/open.h"
#include "fs/working_folder.h"
#include "posix/held.h"
#include "posix/sys.h"

static int open_held(int folder, const char *path, int flags, mode_t mode)
{
  struct file *file;
  int fd = descriptor_reserve(0);
  if (fd < 0)
    return fd;
  int error = file_open(folder, path, flags, mode & 07777 & ~file_mask(), &file);
  if (error != 0)
  {
    descriptor_unreserve(fd);
    return error;
  }
  descriptor_install(fd, file, (flags & O_CLOEXEC) != 0);
  return fd;
}

int sys_openat(int folder, const char *path, int flags, mode_t mode)
{
  int result = 0;
  HELD(result, open_held(folder, path, flags, mode));
  return result;
}

int sys_open(const char *path, int flags, mode_t mode)
{
  return sys_openat(AT_FDCWD, path, flags, mode);
}
