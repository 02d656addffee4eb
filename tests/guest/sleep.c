/* Sleep: never too short, not much too long, and the errors. */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#define MS 1000000ll

static long long now_ns(clockid_t clock)
{
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static struct timespec timespec_of(long long ns)
{
  return (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
}

static void check_relative(long long ns)
{
  struct timespec request = timespec_of(ns);
  long long begin = now_ns(CLOCK_MONOTONIC);
  CHECK(nanosleep(&request, NULL) == 0);
  long long slept = now_ns(CLOCK_MONOTONIC) - begin;
  CHECK(slept >= ns);
  CHECK(slept < ns + 10000 * MS);
}

static void check_absolute(clockid_t clock, long long ns)
{
  long long until = now_ns(clock) + ns;
  struct timespec request = timespec_of(until);
  CHECK(clock_nanosleep(clock, TIMER_ABSTIME, &request, NULL) == 0);
  CHECK(now_ns(clock) >= until);
  CHECK(now_ns(clock) < until + 10000 * MS);
}

static void check_errors(void)
{
  static const struct timespec bad[] = {{0, -1}, {0, 1000000000}, {-1, 0}};
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
  {
    errno = 0;
    CHECK(nanosleep(&bad[i], NULL) == -1 && errno == EINVAL);
    errno = 0;
    CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &bad[i], NULL) == EINVAL && errno == 0);
  }
  struct timespec good = {0, 1};
  CHECK(clock_nanosleep(4711, 0, &good, NULL) == EINVAL);
}

int main(void)
{
  static const long long spans[] = {0, 1, 50, 1000, 50000, MS, 3 * MS, 20 * MS, 150 * MS};
  for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
    check_relative(spans[i]);
  for (int i = 0; i < 50; i++)
    check_relative(100000 + i * 1000);
  check_absolute(CLOCK_MONOTONIC, 0);
  check_absolute(CLOCK_MONOTONIC, 20 * MS);
  check_absolute(CLOCK_REALTIME, 20 * MS);
  struct timespec past = {1, 0};
  CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL) == 0);
  CHECK(usleep(1000) == 0);
  CHECK(sleep(0) == 0);
  check_errors();
  return check_finish();
}
