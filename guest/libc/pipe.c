/* Pipes: POSIX names over the system call. */
#include <unistd.h>

#include "libc/result.h"
#include "posix/sys.h"

int pipe(int fds[2])
{
  return (int) libc_result(sys_pipe(fds, 0));
}

int pipe2(int fds[2], int flags)
{
  return (int) libc_result(sys_pipe(fds, flags));
}
