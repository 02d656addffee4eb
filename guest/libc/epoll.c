/* epoll: Linux's names over the system calls. */
#include <sys/epoll.h>

#include "libc/cancel.h"
#include "libc/result.h"
#include "libc/wait_time.h"
#include "posix/sys.h"
#include "signal/delivery.h"

int epoll_create1(int flags)
{
  return (int) libc_result(sys_epoll_create1(flags));
}

int epoll_create(int size)
{
  return (int) libc_result(size > 0 ? sys_epoll_create1(0) : -EINVAL);
}

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
  return (int) libc_result(sys_epoll_ctl(epoll, operation, fd, event));
}

int epoll_wait(int epoll, struct epoll_event *events, int most, int wait_ms)
{
  struct signal_mark mark = signal_mark();
  uint64_t deadline_ns = wait_deadline_of_ms(wait_ms);
  thread_point_begin();
  int result = sys_epoll_wait(epoll, events, most, deadline_ns, &mark);
  thread_point_end(result);
  return (int) libc_result(result);
}
