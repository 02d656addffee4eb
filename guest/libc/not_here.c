/* POSIX calls that do not exist yet: each fails with ENOSYS, so that programs link and can tell. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NOT_HERE(type, failure, name, ...) \
  type name(__VA_ARGS__)                   \
  {                                        \
    errno = ENOSYS;                        \
    return failure;                        \
  }

NOT_HERE(int, -1, flock, int, int)

/* The system */
NOT_HERE(int, -1, clock_settime, clockid_t, const struct timespec *)
NOT_HERE(int, -1, settimeofday, const struct timeval *, const struct timezone *)
NOT_HERE(int, -1, pclose, FILE *)
