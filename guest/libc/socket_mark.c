/* sockatmark(). */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "libc/result.h"
#include "posix/sys.h"

int sockatmark(int fd)
{
  int is_there = 0;
  int error = sys_ioctl(fd, SIOCATMARK, &is_there);
  return (int) libc_result(error != 0 ? error : is_there);
}
