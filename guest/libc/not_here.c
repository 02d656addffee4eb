/* POSIX calls that do not exist yet: each fails with ENOSYS, so that programs link and can tell. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define NOT_HERE(type, failure, name, ...) \
  type name(__VA_ARGS__)                   \
  {                                        \
    errno = ENOSYS;                        \
    return failure;                        \
  }

/* Descriptors and files */
NOT_HERE(int, -1, pipe, int[2])
NOT_HERE(int, -1, ioctl, int, unsigned long, ...)
NOT_HERE(int, -1, poll, struct pollfd *, nfds_t, int)
NOT_HERE(int, -1, select, int, fd_set *restrict, fd_set *restrict, fd_set *restrict,
         struct timeval *restrict)

NOT_HERE(int, -1, pipe2, int[2], int)
NOT_HERE(int, -1, mkfifo, const char *, mode_t)

/* The system */
NOT_HERE(int, -1, setrlimit, int, const struct rlimit *)
NOT_HERE(int, -1, clock_settime, clockid_t, const struct timespec *)
NOT_HERE(int, -1, setuid, uid_t)
NOT_HERE(int, -1, setgid, gid_t)
NOT_HERE(pid_t, -1, setsid, void)
NOT_HERE(pid_t, -1, getpgrp, void)
NOT_HERE(int, -1, nice, int)
NOT_HERE(int, -1, uname, struct utsname *)
NOT_HERE(int, -1, gethostname, char *, size_t)
NOT_HERE(int, -1, settimeofday, const struct timeval *, const struct timezone *)
NOT_HERE(int, -1, tcgetattr, int, struct termios *)
NOT_HERE(int, -1, tcsetattr, int, int, const struct termios *)
NOT_HERE(int, -1, pclose, FILE *)
