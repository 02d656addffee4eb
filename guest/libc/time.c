/* Clocks and sleep: POSIX names over the system calls. */
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

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

int nanosleep(const struct timespec *request, struct timespec *remaining)
{
  return (int) libc_result(sys_clock_nanosleep(CLOCK_REALTIME, 0, request, remaining));
}

/* Returns the error instead of setting errno, as POSIX has it. */
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *request,
                    struct timespec *remaining)
{
  return -sys_clock_nanosleep(clock, flags, request, remaining);
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
