/* lockf(): locks of parts of a file, under their older name. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "libc/result.h"

static int test(int fd, struct flock *lock)
{
  if (fcntl(fd, F_GETLK, lock) != 0)
    return -1;
  return (int) libc_result(lock->l_type == F_UNLCK ? 0 : -EACCES);
}

int lockf(int fd, int command, off_t len_bytes)
{
  struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_CUR, .l_len = len_bytes};
  switch (command)
  {
  case F_ULOCK:
    lock.l_type = F_UNLCK;
    return fcntl(fd, F_SETLK, &lock);
  case F_LOCK:
    return fcntl(fd, F_SETLKW, &lock);
  case F_TLOCK:
    return fcntl(fd, F_SETLK, &lock);
  case F_TEST:
    return test(fd, &lock);
  default:
    return (int) libc_result(-EINVAL);
  }
}
