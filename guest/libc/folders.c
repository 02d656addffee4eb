/* The working folder and absolute paths. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libc/result.h"
#include "posix/sys.h"

int chdir(const char *path)
{
  return (int) libc_result(sys_chdir(path));
}

int fchdir(int fd)
{
  return (int) libc_result(sys_fchdir(fd));
}

/* Without a buffer: in one of its own, of the size that is asked for, or needed. */
char *getcwd(char *buffer, size_t len_bytes)
{
  char path[PATH_MAX];
  if (buffer != NULL)
  {
    long result = len_bytes == 0 ? -EINVAL : sys_getcwd(buffer, len_bytes);
    return libc_result(result) < 0 ? NULL : buffer;
  }
  long size = libc_result(sys_getcwd(path, sizeof(path)));
  if (size < 0)
    return NULL;
  if (len_bytes != 0 && (size_t) size > len_bytes)
  {
    errno = ERANGE;
    return NULL;
  }
  buffer = malloc(len_bytes != 0 ? len_bytes : (size_t) size);
  return buffer != NULL ? memcpy(buffer, path, (size_t) size) : NULL;
}

char *realpath(const char *restrict path, char *restrict resolved)
{
  char found[PATH_MAX];
  long result = path == NULL ? -EINVAL : sys_realpath(path, found);
  if (libc_result(result) < 0)
    return NULL;
  return resolved != NULL ? strcpy(resolved, found) : strdup(found); /* NOLINT */
}

mode_t umask(mode_t mask)
{
  return sys_umask(mask);
}
