/* socketpair(). Apart from others: it has local sockets linked, and no network. */
#include <sys/socket.h>

#include "libc/result.h"
#include "posix/socket.h"

int socketpair(int family, int type, int protocol, int fds[2])
{
  return (int) libc_result(sys_socketpair(family, type, protocol, fds));
}
