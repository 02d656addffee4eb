/* Named pipes: POSIX names over the system calls. */
#include <fcntl.h>
#include <sys/stat.h>

#include "libc/result.h"
#include "posix/sys.h"

int mkfifo(const char *path, mode_t mode)
{
  return (int) libc_result(sys_mkfifoat(AT_FDCWD, path, mode));
}

int mkfifoat(int folder, const char *path, mode_t mode)
{
  return (int) libc_result(sys_mkfifoat(folder, path, mode));
}
