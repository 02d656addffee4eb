/* sendfile(). */
#include <sys/sendfile.h>

#include "libc/cancel.h"
#include "libc/result.h"
#include "posix/socket.h"

ssize_t sendfile(int to, int from, off_t *offset, size_t len_bytes)
{
  thread_point_begin();
  long result = sys_sendfile(to, from, offset, len_bytes);
  thread_point_end(result);
  return libc_result(result);
}
