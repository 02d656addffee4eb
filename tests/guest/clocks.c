/* Clocks. The first argument is the host's time of day in seconds, read just before the start. */
#include <errno.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#include "check.h"

static long long now_ns(clockid_t clock)
{
  struct timespec now;
  if (clock_gettime(clock, &now) != 0 || now.tv_nsec < 0 || now.tv_nsec >= 1000000000)
    return -1;
  return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static void check_clock(clockid_t clock)
{
  bool forwards = true;
  long long previous = now_ns(clock), first = previous;
  for (int i = 0; i < 100000; i++)
  {
    long long now = now_ns(clock);
    forwards = forwards && now >= previous;
    previous = now;
  }
  CHECK(first >= 0);
  CHECK(forwards);
  CHECK(previous > first);
  struct timespec resolution = {.tv_sec = -1, .tv_nsec = -1};
  CHECK(clock_getres(clock, &resolution) == 0 && resolution.tv_sec == 0 &&
        resolution.tv_nsec >= 1 && resolution.tv_nsec <= 1000000);
}

int main(int argc, char **argv)
{
  CHECK(argc == 2);
  long long host = atoll(argv[1]);
  long long guest = now_ns(CLOCK_REALTIME) / 1000000000;
  CHECK(guest >= host && guest <= host + 10);
  CHECK(time(NULL) >= guest && time(NULL) <= guest + 10);
  struct timeval day;
  CHECK(gettimeofday(&day, NULL) == 0 && day.tv_sec >= guest && day.tv_sec <= guest + 10 &&
        day.tv_usec >= 0 && day.tv_usec < 1000000);

  check_clock(CLOCK_REALTIME);
  check_clock(CLOCK_MONOTONIC);
  check_clock(CLOCK_PROCESS_CPUTIME_ID);
  CHECK(clock() >= 0);

  struct timespec unused;
  errno = 0;
  CHECK(clock_gettime(4711, &unused) == -1 && errno == EINVAL);
  errno = 0;
  CHECK(clock_getres(4711, &unused) == -1 && errno == EINVAL);

  /* Newlib's calendar, on our 64-bit time_t. */
  time_t late = 4102444800;
  struct tm calendar;
  CHECK(gmtime_r(&late, &calendar) != NULL && calendar.tm_year == 200 && calendar.tm_yday == 0);
  char text[32];
  CHECK(strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &calendar) == 19);
  CHECK(mktime(&calendar) == late);
  return check_finish();
}
