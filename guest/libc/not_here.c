/* POSIX calls that do not exist yet: each fails with ENOSYS, so that programs link and can tell. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define NOT_HERE(type, failure, name, ...) \
  type name(__VA_ARGS__)                   \
  {                                        \
    errno = ENOSYS;                        \
    return failure;                        \
  }

/* Newlib's readdir() stands on this one, which no header declares. */
int getdents(int, void *, int);

/* Descriptors and files */
NOT_HERE(int, -1, dup, int)
NOT_HERE(int, -1, dup2, int, int)
NOT_HERE(int, -1, pipe, int[2])
NOT_HERE(int, -1, fsync, int)
NOT_HERE(int, -1, fdatasync, int)
NOT_HERE(int, -1, ftruncate, int, off_t)
NOT_HERE(int, -1, truncate, const char *, off_t)
NOT_HERE(int, -1, poll, struct pollfd *, nfds_t, int)
NOT_HERE(int, -1, select, int, fd_set *restrict, fd_set *restrict, fd_set *restrict,
         struct timeval *restrict)
NOT_HERE(int, -1, link, const char *, const char *)
NOT_HERE(int, -1, symlink, const char *, const char *)
NOT_HERE(ssize_t, -1, readlink, const char *restrict, char *restrict, size_t)
NOT_HERE(int, -1, mkdir, const char *, mode_t)
NOT_HERE(int, -1, rmdir, const char *)
NOT_HERE(int, -1, chdir, const char *)
NOT_HERE(int, -1, chmod, const char *, mode_t)
NOT_HERE(int, -1, fchmod, int, mode_t)
NOT_HERE(int, -1, chown, const char *, uid_t, gid_t)
NOT_HERE(int, -1, getdents, int, void *, int)

NOT_HERE(int, -1, fstatat, int, const char *restrict, struct stat *restrict, int)
NOT_HERE(int, -1, openat, int, const char *, int, ...)
NOT_HERE(char *, NULL, realpath, const char *restrict, char *restrict)

NOT_HERE(int, -1, dup3, int, int, int)
NOT_HERE(int, -1, pipe2, int[2], int)
NOT_HERE(int, -1, fchdir, int)
NOT_HERE(int, -1, statvfs, const char *restrict, struct statvfs *restrict)
NOT_HERE(int, -1, fstatvfs, int, struct statvfs *)
NOT_HERE(int, -1, fchown, int, uid_t, gid_t)
NOT_HERE(int, -1, unlinkat, int, const char *, int)
NOT_HERE(int, -1, mkfifo, const char *, mode_t)
NOT_HERE(long, -1, pathconf, const char *, int)
NOT_HERE(long, -1, fpathconf, int, int)

/* The system */
NOT_HERE(int, -1, setrlimit, int, const struct rlimit *)
NOT_HERE(int, -1, clock_settime, clockid_t, const struct timespec *)
NOT_HERE(int, -1, uname, struct utsname *)
NOT_HERE(int, -1, gethostname, char *, size_t)
NOT_HERE(int, -1, settimeofday, const struct timeval *, const struct timezone *)
NOT_HERE(int, -1, pclose, FILE *)
