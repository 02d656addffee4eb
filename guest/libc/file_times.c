/* Older names for setting the times of a file, in seconds and microseconds. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <utime.h>

#include "libc/result.h"

/* Null stays null: now. */
static const struct timespec *times_from_micros(const struct timeval micros[2],
                                                struct timespec times[2])
{
  if (micros == NULL)
    return NULL;
  for (int i = 0; i < 2; i++)
    times[i] = (struct timespec){.tv_sec = micros[i].tv_sec, .tv_nsec = micros[i].tv_usec * 1000};
  return times;
}

/* Times 1000 a wrong number of microseconds could look like UTIME_NOW. */
static bool micros_are_valid(const struct timeval micros[2])
{
  if (micros == NULL)
    return true;
  for (int i = 0; i < 2; i++)
    if (micros[i].tv_usec < 0 || micros[i].tv_usec >= 1000000)
      return false;
  return true;
}

static int set_times(int folder, const char *path, const struct timeval micros[2], int flags)
{
  struct timespec times[2];
  if (!micros_are_valid(micros))
    return (int) libc_result(-EINVAL);
  return utimensat(folder, path, times_from_micros(micros, times), flags);
}

int utimes(const char *path, const struct timeval micros[2])
{
  return set_times(AT_FDCWD, path, micros, 0);
}

int lutimes(const char *path, const struct timeval micros[2])
{
  return set_times(AT_FDCWD, path, micros, AT_SYMLINK_NOFOLLOW);
}

int futimesat(int folder, const char *path, const struct timeval micros[2])
{
  return set_times(folder, path, micros, 0);
}

int futimes(int fd, const struct timeval micros[2])
{
  struct timespec times[2];
  if (!micros_are_valid(micros))
    return (int) libc_result(-EINVAL);
  return futimens(fd, times_from_micros(micros, times));
}

int utime(const char *path, const struct utimbuf *seconds)
{
  if (seconds == NULL)
    return utimensat(AT_FDCWD, path, NULL, 0);
  const struct timespec times[2] = {{.tv_sec = seconds->actime}, {.tv_sec = seconds->modtime}};
  return utimensat(AT_FDCWD, path, times, 0);
}
