/* Clocks and sleep: POSIX names over the system calls. */
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "libc/cancel.h"
#include "libc/result.h"
#include "posix/sys.h"

int clock_gettime(clockid_t clock, struct timespec *now)
{
  return (int) libc_result(sys_clock_gettime(clock, now));
}

int clock_getres(clockid_t clock, struct timespec *resolution)
{
  return (int) libc_result(sys_clock_getres(clock, resolution));
}

/* Returns the error instead of setting errno, as POSIX has it. */
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *request,
                    struct timespec *remaining)
{
  thread_point_begin();
  int error = sys_clock_nanosleep(clock, flags, request, remaining);
  thread_point_end(error);
  return -error;
}

int nanosleep(const struct timespec *request, struct timespec *remaining)
{
  return (int) libc_result(-clock_nanosleep(CLOCK_REALTIME, 0, request, remaining));
}

int timespec_get(struct timespec *now, int base)
{
  return base == TIME_UTC && sys_clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}

/* There is one process. */
int clock_getcpuclockid(pid_t pid, clockid_t *clock)
{
  if (pid != 0 && pid != sys_getpid())
    return ESRCH;
  *clock = CLOCK_PROCESS_CPUTIME_ID;
  return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
  (void) zone;
  struct timespec realtime;
  sys_clock_gettime(CLOCK_REALTIME, &realtime);
  *now = (struct timeval){.tv_sec = realtime.tv_sec, .tv_usec = realtime.tv_nsec / 1000};
  return 0;
}

clock_t clock(void)
{
  struct timespec used;
  sys_clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return used.tv_sec * CLOCKS_PER_SEC + used.tv_nsec / (1000000000 / CLOCKS_PER_SEC);
}
