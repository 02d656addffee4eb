/* eventfd and timerfd: Linux's names over the system calls. */
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "libc/result.h"
#include "posix/sys.h"

int eventfd(unsigned int count, int flags)
{
  return (int) libc_result(sys_eventfd2(count, flags));
}

int eventfd_read(int fd, eventfd_t *value)
{
  return read(fd, value, sizeof(*value)) == sizeof(*value) ? 0 : -1;
}

int eventfd_write(int fd, eventfd_t value)
{
  return write(fd, &value, sizeof(value)) == sizeof(value) ? 0 : -1;
}

int timerfd_create(clockid_t clock, int flags)
{
  return (int) libc_result(sys_timerfd_create(clock, flags));
}

int timerfd_settime(int fd, int flags, const struct itimerspec *times, struct itimerspec *former)
{
  return (int) libc_result(sys_timerfd_settime(fd, flags, times, former));
}

int timerfd_gettime(int fd, struct itimerspec *times)
{
  return (int) libc_result(sys_timerfd_gettime(fd, times));
}
