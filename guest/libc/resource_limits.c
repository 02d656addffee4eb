/* Limits on what the program may use: what the machine has sets most of them, not a number. */
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

#include "libc/result.h"
#include "start_info.h"

int getrlimit(int resource, struct rlimit *limit)
{
  if (resource < 0 || resource >= RLIM_NLIMITS)
    return (int) libc_result(-EINVAL);
  rlim_t most = RLIM_INFINITY;
  if (resource == RLIMIT_STACK)
    most = start_info->stack_len_bytes; /* of the first thread */
  else if (resource == RLIMIT_NOFILE)
    most = (rlim_t) sysconf(_SC_OPEN_MAX);
  else if (resource == RLIMIT_CORE)
    most = 0;
  *limit = (struct rlimit){.rlim_cur = most, .rlim_max = most};
  return 0;
}
