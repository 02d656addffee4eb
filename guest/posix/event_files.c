/* eventfd and timerfd. */
#include <errno.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include "fs/event_file.h"
#include "fs/eventfd.h"
#include "fs/program_memory.h"
#include "fs/timerfd.h"
#include "posix/held.h"
#include "posix/sys.h"

#define NS_PER_S 1000000000ull
#define S_MAX    (INT64_MAX / (int64_t) NS_PER_S)

static int eventfd_held(unsigned int count, int flags)
{
  struct file *file;
  int error =
      eventfd_create(count, (flags & EFD_SEMAPHORE) != 0, (uint32_t) flags & EFD_NONBLOCK, &file);
  return error != 0 ? error : event_file_install(file, (flags & EFD_CLOEXEC) != 0);
}

int sys_eventfd2(unsigned int count, int flags)
{
  int result = 0;
  if ((flags & ~(EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC)) != 0)
    return -EINVAL;
  HELD(result, eventfd_held(count, flags));
  return result;
}

static int timerfd_held(bool is_wall, int flags)
{
  struct file *file;
  int error = timerfd_create_file(is_wall, (uint32_t) flags & TFD_NONBLOCK, &file);
  return error != 0 ? error : event_file_install(file, (flags & TFD_CLOEXEC) != 0);
}

int sys_timerfd_create(clockid_t clock, int flags)
{
  int result = 0;
  bool is_wall = clock == CLOCK_REALTIME;
  if ((flags & ~(TFD_NONBLOCK | TFD_CLOEXEC)) != 0)
    return -EINVAL;
  if (!is_wall && clock != CLOCK_MONOTONIC && clock != CLOCK_BOOTTIME)
    return -EINVAL;
  HELD(result, timerfd_held(is_wall, flags));
  return result;
}

/* Saturates. False: it is no time. */
static bool to_ns(const struct timespec *time, uint64_t *ns)
{
  if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= (long) NS_PER_S)
    return false;
  *ns = INT64_MAX;
  if (time->tv_sec < S_MAX)
    *ns = (uint64_t) time->tv_sec * NS_PER_S + (uint64_t) time->tv_nsec;
  return true;
}

static struct timespec from_ns(uint64_t ns)
{
  return (struct timespec){.tv_sec = (time_t) (ns / NS_PER_S), .tv_nsec = (long) (ns % NS_PER_S)};
}

static int put_setting(struct itimerspec *to, const struct timerfd_setting *setting)
{
  const struct itimerspec times = {.it_interval = from_ns(setting->interval_ns),
                                   .it_value = from_ns(setting->left_ns)};
  return program_put(to, &times, sizeof(times));
}

int sys_timerfd_settime(int fd, int flags, const struct itimerspec *times,
                        struct itimerspec *former)
{
  int result = 0;
  struct timerfd_setting setting = {0};
  struct timerfd_setting before = {0};
  if (!program_may(times, sizeof(*times), ADDRESS_READ))
    return -EFAULT;
  /* Nothing tells that the wall clock was set. */
  if ((flags & ~TFD_TIMER_ABSTIME) != 0 || !to_ns(&times->it_value, &setting.left_ns) ||
      !to_ns(&times->it_interval, &setting.interval_ns))
    return -EINVAL;
  HELD_FILE(result, fd, timerfd_set(file, &setting, (flags & TFD_TIMER_ABSTIME) != 0, &before));
  return result == 0 && former != NULL ? put_setting(former, &before) : result;
}

int sys_timerfd_gettime(int fd, struct itimerspec *times)
{
  int result = 0;
  struct timerfd_setting setting = {0};
  HELD_FILE(result, fd, timerfd_get(file, &setting));
  return result == 0 ? put_setting(times, &setting) : result;
}
