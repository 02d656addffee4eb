/* Waiting for files under another mask of signals: a handler that it lets in ends the wait, however
 * early the signal came. */
#include <poll.h>
#include <stdbool.h>
#include <sys/select.h>

#include "arch/x86_64/cpu.h"
#include "libc/cancel.h"
#include "libc/result.h"
#include "libc/wait_time.h"
#include "posix/sys.h"
#include "signal/delivery.h"
#include "signal/signal.h"

/* Handlers that run at once count as well. Returns the mask before. */
static uint64_t begin(const sigset_t *mask, struct signal_mark *mark)
{
  uint64_t former = cpu_current()->signals.mask;
  thread_point_begin();
  *mark = signal_mark();
  if (mask != NULL)
    signal_set_mask(*mask);
  return former;
}

static int end(const sigset_t *mask, uint64_t former, int result)
{
  if (mask != NULL)
    signal_set_mask(former);
  thread_point_end(result);
  return (int) libc_result(result);
}

int ppoll(struct pollfd *polled, nfds_t count, const struct timespec *wait, const sigset_t *mask)
{
  struct signal_mark mark;
  uint64_t deadline_ns;
  int error = wait_deadline_of(wait, &deadline_ns);
  if (error != 0)
    return (int) libc_result(error);
  uint64_t former = begin(mask, &mark);
  return end(mask, former, sys_poll(polled, count, deadline_ns, &mark));
}

int pselect(int limit, fd_set *restrict to_read, fd_set *restrict to_write,
            fd_set *restrict exceptions, const struct timespec *restrict wait,
            const sigset_t *restrict mask)
{
  struct signal_mark mark;
  uint64_t deadline_ns;
  int error = wait_deadline_of(wait, &deadline_ns);
  if (error != 0)
    return (int) libc_result(error);
  unsigned long *const sets[] = {(unsigned long *) to_read, (unsigned long *) to_write,
                                 (unsigned long *) exceptions};
  uint64_t former = begin(mask, &mark);
  return end(mask, former, sys_select(limit, sets, deadline_ns, &mark));
}
