/* Waiting for an epoll under another mask of signals. */
#include <signal.h>
#include <sys/epoll.h>

#include "arch/x86_64/cpu.h"
#include "libc/cancel.h"
#include "libc/result.h"
#include "libc/wait_time.h"
#include "posix/sys.h"
#include "signal/delivery.h"
#include "signal/signal.h"

/* As ppoll(): a handler that the mask lets in ends the wait, however early the signal came. */
static int wait_masked(int epoll, struct epoll_event *events, int most, uint64_t deadline_ns,
                       const sigset_t *mask)
{
  uint64_t former = cpu_current()->signals.mask;
  thread_point_begin();
  struct signal_mark mark = signal_mark();
  if (mask != NULL)
    signal_set_mask(*mask);
  int result = sys_epoll_wait(epoll, events, most, deadline_ns, &mark);
  if (mask != NULL)
    signal_set_mask(former);
  thread_point_end(result);
  return (int) libc_result(result);
}

int epoll_pwait(int epoll, struct epoll_event *events, int most, int wait_ms, const sigset_t *mask)
{
  return wait_masked(epoll, events, most, wait_deadline_of_ms(wait_ms), mask);
}

int epoll_pwait2(int epoll, struct epoll_event *events, int most, const struct timespec *wait,
                 const sigset_t *mask)
{
  uint64_t deadline_ns;
  int error = wait_deadline_of(wait, &deadline_ns);
  if (error != 0)
    return (int) libc_result(error);
  return wait_masked(epoll, events, most, deadline_ns, mask);
}
