/* Waiting for signals. */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/signal_frame.h"
#include "libc/cancel.h"
#include "libc/result.h"
#include "sched/futex.h"
#include "signal/signal.h"
#include "time/clock.h"

#define NS_PER_S 1000000000ll
#define S_MAX    (INT64_MAX / NS_PER_S / 2)

int sigsuspend(const sigset_t *mask)
{
  thread_point_begin();
  int error = signal_suspend(*mask);
  thread_point_end(error);
  return (int) libc_result(error);
}

int pause(void)
{
  sigset_t mask = cpu_current()->signals.mask;
  return sigsuspend(&mask);
}

static int wait_for(const sigset_t *set, siginfo_t *info, uint64_t deadline_ns)
{
  struct signal_info taken;
  thread_point_begin();
  int number = signal_wait(*set, &taken, deadline_ns);
  thread_point_end(number);
  if (number > 0 && info != NULL)
  {
    /* As glibc: who waits is not told raise() from kill(). */
    if (taken.code == SI_TKILL)
      taken.code = SI_USER;
    signal_frame_info(info, &taken);
  }
  return number;
}

int sigtimedwait(const sigset_t *restrict set, siginfo_t *restrict info,
                 const struct timespec *restrict wait)
{
  uint64_t deadline_ns = FUTEX_FOREVER;
  if (wait != NULL)
  {
    if (wait->tv_sec < 0 || wait->tv_nsec < 0 || wait->tv_nsec >= NS_PER_S)
      return (int) libc_result(-EINVAL);
    int64_t seconds = wait->tv_sec < S_MAX ? wait->tv_sec : S_MAX;
    deadline_ns = clock_monotonic_ns() + (uint64_t) (seconds * NS_PER_S + wait->tv_nsec);
  }
  return (int) libc_result(wait_for(set, info, deadline_ns));
}

int sigwaitinfo(const sigset_t *restrict set, siginfo_t *restrict info)
{
  return (int) libc_result(wait_for(set, info, FUTEX_FOREVER));
}

/* Returns the error, as POSIX has it for this one, which handlers do not interrupt. */
int sigwait(const sigset_t *restrict set, int *restrict number)
{
  int taken;
  do
  {
    taken = wait_for(set, NULL, FUTEX_FOREVER);
  } while (taken == -EINTR);
  if (taken < 0)
    return -taken;
  *number = taken;
  return 0;
}
