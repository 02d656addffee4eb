/* The three timers that every process has: setitimer(), alarm(), ualarm(). */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

#include "libc/result.h"
#include "signal/timers.h"

#define NS_PER_S  1000000000ull
#define NS_PER_US 1000ull
#define US_PER_S  1000000
#define S_MAX     (INT64_MAX / 2 / (int64_t) NS_PER_S)

/* All that runs in a guest is the program: user time is its whole time. */
static struct signal_timer timers[] = {
    [ITIMER_REAL] = {.node = {.is_own = true},
                     .info = {.number = SIGALRM, .code = SI_KERNEL},
                     .clock = TIMER_CLOCK_MONOTONIC,
                     .notify = TIMER_NOTIFY_PROCESS},
    [ITIMER_VIRTUAL] = {.node = {.is_own = true},
                        .info = {.number = SIGVTALRM, .code = SI_KERNEL},
                        .clock = TIMER_CLOCK_PROCESS,
                        .notify = TIMER_NOTIFY_PROCESS},
    [ITIMER_PROF] = {.node = {.is_own = true},
                     .info = {.number = SIGPROF, .code = SI_KERNEL},
                     .clock = TIMER_CLOCK_PROCESS,
                     .notify = TIMER_NOTIFY_PROCESS},
};

#define TIMERS ((int) (sizeof(timers) / sizeof(timers[0])))

static bool is_valid(const struct timeval *time)
{
  return time->tv_sec >= 0 && time->tv_usec >= 0 && time->tv_usec < US_PER_S;
}

static uint64_t ns_of(const struct timeval *time)
{
  int64_t seconds = time->tv_sec < S_MAX ? time->tv_sec : S_MAX;
  return (uint64_t) seconds * NS_PER_S + (uint64_t) time->tv_usec * NS_PER_US;
}

/* Rounded up: what runs is never 0. */
static struct timeval timeval_of(uint64_t ns)
{
  uint64_t us = (ns + NS_PER_US - 1) / NS_PER_US;
  return (struct timeval){.tv_sec = (time_t) (us / US_PER_S),
                          .tv_usec = (suseconds_t) (us % US_PER_S)};
}

static struct itimerval itimerval_of(const struct signal_timer_setting *setting)
{
  return (struct itimerval){.it_value = timeval_of(setting->left_ns),
                            .it_interval = timeval_of(setting->interval_ns)};
}

int setitimer(int which, const struct itimerval *restrict value, struct itimerval *restrict former)
{
  struct signal_timer_setting before;
  if (which < 0 || which >= TIMERS || !is_valid(&value->it_value) || !is_valid(&value->it_interval))
    return (int) libc_result(-EINVAL);
  const struct signal_timer_setting setting = {.left_ns = ns_of(&value->it_value),
                                               .interval_ns = ns_of(&value->it_interval)};
  int error = signal_timer_set(&timers[which], &setting, false, &before);
  if (error == 0 && former != NULL)
    *former = itimerval_of(&before);
  return (int) libc_result(error);
}

int getitimer(int which, struct itimerval *value)
{
  struct signal_timer_setting setting;
  if (which < 0 || which >= TIMERS)
    return (int) libc_result(-EINVAL);
  signal_timer_get(&timers[which], &setting);
  *value = itimerval_of(&setting);
  return 0;
}

unsigned int alarm(unsigned int seconds)
{
  const struct itimerval value = {.it_value = {.tv_sec = seconds}};
  struct itimerval former;
  if (setitimer(ITIMER_REAL, &value, &former) != 0)
    return 0;
  /* As Linux: to the nearest, but not to none. */
  bool rounds_up = former.it_value.tv_usec >= US_PER_S / 2 ||
                   (former.it_value.tv_sec == 0 && former.it_value.tv_usec > 0);
  return (unsigned int) former.it_value.tv_sec + (rounds_up ? 1 : 0);
}

useconds_t ualarm(useconds_t first_us, useconds_t interval_us)
{
  const struct itimerval value = {
      .it_value = {.tv_sec = first_us / US_PER_S, .tv_usec = first_us % US_PER_S},
      .it_interval = {.tv_sec = interval_us / US_PER_S, .tv_usec = interval_us % US_PER_S}};
  struct itimerval former;
  if (setitimer(ITIMER_REAL, &value, &former) != 0)
    return (useconds_t) -1;
  return (useconds_t) (former.it_value.tv_sec * US_PER_S + former.it_value.tv_usec);
}
