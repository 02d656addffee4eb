/* socket(). Apart from others: it has all kinds of sockets linked. */
#include <sys/socket.h>

#include "libc/result.h"
#include "posix/socket.h"

int socket(int family, int type, int protocol)
{
  return (int) libc_result(sys_socket(family, type, protocol));
}
