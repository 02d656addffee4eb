/* Waiting for files: POSIX names over the system calls. */
#include <poll.h>
#include <sys/select.h>

#include "libc/cancel.h"
#include "libc/result.h"
#include "libc/wait_time.h"
#include "posix/sys.h"
#include "signal/delivery.h"

#define NS_PER_MS 1000000ull
#define NS_PER_US 1000

int poll(struct pollfd *polled, nfds_t count, int wait_ms)
{
  struct signal_mark mark = signal_mark();
  uint64_t deadline_ns =
      wait_ms < 0 ? FUTEX_FOREVER : wait_deadline(0, (unsigned int) wait_ms * NS_PER_MS);
  thread_point_begin();
  int result = sys_poll(polled, count, deadline_ns, &mark);
  thread_point_end(result);
  return (int) libc_result(result);
}

/* As Linux: what is left of the time is left there. */
static void set_rest(struct timeval *wait, uint64_t deadline_ns)
{
  uint64_t now_ns = deadline_ns != 0 ? clock_monotonic_ns() : 0;
  uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
  wait->tv_sec = (time_t) (left_ns / WAIT_NS_PER_S);
  wait->tv_usec = (suseconds_t) (left_ns % WAIT_NS_PER_S / NS_PER_US);
}

int select(int limit, fd_set *restrict to_read, fd_set *restrict to_write,
           fd_set *restrict exceptions, struct timeval *restrict wait)
{
  struct signal_mark mark = signal_mark();
  uint64_t deadline_ns = FUTEX_FOREVER;
  if (wait != NULL && (wait->tv_sec < 0 || wait->tv_usec < 0))
    return (int) libc_result(-EINVAL);
  if (wait != NULL)
    deadline_ns = wait_deadline(wait->tv_sec, (uint64_t) (wait->tv_usec * NS_PER_US));
  unsigned long *const sets[] = {(unsigned long *) to_read, (unsigned long *) to_write,
                                 (unsigned long *) exceptions};
  thread_point_begin();
  int result = sys_select(limit, sets, deadline_ns, &mark);
  thread_point_end(result);
  if (wait != NULL && deadline_ns != FUTEX_FOREVER)
    set_rest(wait, deadline_ns);
  return (int) libc_result(result);
}
