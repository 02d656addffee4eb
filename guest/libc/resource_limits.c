/* Limits on what the program may use: POSIX names over the system call. */
#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>

#include "libc/result.h"
#include "posix/sys.h"

int prlimit(pid_t pid, int resource, const struct rlimit *limit, struct rlimit *former)
{
  return (int) libc_result(sys_prlimit(pid, resource, limit, former));
}

int getrlimit(int resource, struct rlimit *limit)
{
  return (int) libc_result(limit != NULL ? sys_prlimit(0, resource, NULL, limit) : -EFAULT);
}

int setrlimit(int resource, const struct rlimit *limit)
{
  return (int) libc_result(limit != NULL ? sys_prlimit(0, resource, limit, NULL) : -EFAULT);
}
