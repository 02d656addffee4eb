/* Limits on what the program may use. Descriptors are counted by a number that can be set; all else
 * is as the machine has it. */
#include <errno.h>
#include <stdbool.h>
#include <sys/resource.h>

#include "fs/program_memory.h"
#include "posix/sys.h"
#include "sched/spinlock.h"
#include "start_info.h"

static struct spinlock lock;

static struct rlimit from_monitor(const struct uhyve_limit *limit)
{
  return (struct rlimit){.rlim_cur = limit->soft, .rlim_max = limit->hard};
}

static struct rlimit limit_of(int resource)
{
  switch (resource)
  {
  case RLIMIT_NOFILE:
    return from_monitor(&start_info->descriptor_limit);
  case RLIMIT_STACK:
    return from_monitor(&start_info->stack_limit);
  case RLIMIT_CORE:
    return (struct rlimit){0};
  default:
    return (struct rlimit){.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  }
}

/* Nobody raises what he may have at most. Only descriptors are counted: of others a limit can be
 * set to what it is. Locked. */
static int set_limit(int resource, const struct rlimit *limit)
{
  struct rlimit now = limit_of(resource);
  if (limit->rlim_cur > limit->rlim_max)
    return -EINVAL;
  if (limit->rlim_max > now.rlim_max)
    return -EPERM;
  if (limit->rlim_cur == now.rlim_cur && limit->rlim_max == now.rlim_max)
    return 0;
  if (resource != RLIMIT_NOFILE)
    return -ENOSYS;
  start_info->descriptor_limit =
      (struct uhyve_limit){.soft = limit->rlim_cur, .hard = limit->rlim_max};
  return 0;
}

int sys_prlimit(pid_t pid, int resource, const struct rlimit *limit, struct rlimit *former)
{
  struct rlimit now;
  int error = 0;
  if (resource < 0 || resource >= RLIM_NLIMITS)
    return -EINVAL;
  if (pid != 0 && pid != sys_getpid())
    return -ESRCH;
  if ((limit != NULL && !program_may(limit, sizeof(*limit), ADDRESS_READ)) ||
      (former != NULL && !program_may(former, sizeof(*former), ADDRESS_WRITE)))
    return -EFAULT;
  struct rlimit wish = limit != NULL ? *limit : (struct rlimit){0};
  uint32_t was_masked = spinlock_lock_masked(&lock);
  now = limit_of(resource);
  if (limit != NULL)
    error = set_limit(resource, &wish);
  spinlock_unlock_restore(&lock, was_masked);
  if (error == 0 && former != NULL)
    *former = now;
  return error;
}
