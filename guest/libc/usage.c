/* Time of the CPUs that the program has used: all of it is the user's, for the kernel library is a
 * part of the program. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

/* What else a struct rusage has is not counted, and 0, as much of it is on Linux. */
int getrusage(int who, struct rusage *usage)
{
  struct timespec used = {0};
  switch (who)
  {
  case RUSAGE_SELF:
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    break;
  case RUSAGE_THREAD:
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    break;
  case RUSAGE_CHILDREN: /* there are none */
    break;
  default:
    errno = EINVAL;
    return -1;
  }
  *usage = (struct rusage){
      .ru_utime = {.tv_sec = used.tv_sec, .tv_usec = used.tv_nsec / 1000},
  };
  return 0;
}

static clock_t ticks(clockid_t clock)
{
  struct timespec now;
  clock_gettime(clock, &now);
  long per_second = sysconf(_SC_CLK_TCK);
  return now.tv_sec * per_second + now.tv_nsec / (1000000000 / per_second);
}

clock_t times(struct tms *buffer)
{
  *buffer = (struct tms){.tms_utime = ticks(CLOCK_PROCESS_CPUTIME_ID)};
  return ticks(CLOCK_MONOTONIC);
}
