/* The reentrant calls that Newlib makes, each with the C library state of the calling thread. */
#include <reent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <unistd.h>

#include "libc/result.h"
#include "libc/thread_state.h"
#include "posix/sys.h"

/* The state of the calling thread; the first one's is static. Each further thread sets its own. */
_Thread_local struct _reent *libc_thread_state = _GLOBAL_REENT;

struct _reent *__getreent(void)
{
  return libc_thread_state;
}

static long result_of(struct _reent *reent, long result)
{
  if (result >= 0)
    return result;
  _REENT_ERRNO(reent) = (int) -result;
  return -1;
}

_ssize_t _read_r(struct _reent *reent, int fd, void *buffer, size_t len_bytes)
{
  return result_of(reent, sys_read(fd, buffer, len_bytes));
}

_ssize_t _write_r(struct _reent *reent, int fd, const void *buffer, size_t len_bytes)
{
  return result_of(reent, sys_write(fd, buffer, len_bytes));
}

_off_t _lseek_r(struct _reent *reent, int fd, _off_t offset, int whence)
{
  return result_of(reent, sys_lseek(fd, offset, whence));
}

int _close_r(struct _reent *reent, int fd)
{
  return (int) result_of(reent, sys_close(fd));
}

int _fstat_r(struct _reent *reent, int fd, struct stat *status)
{
  return (int) result_of(reent, sys_fstat(fd, status));
}

int _isatty_r(struct _reent *reent, int fd)
{
  int result = sys_isatty(fd);
  if (result == 1)
    return 1;
  _REENT_ERRNO(reent) = -result;
  return 0;
}

/* Newlib's own, which isatty() calls, takes every character device for a terminal. */
int _isatty(int fd);

int _isatty(int fd)
{
  return _isatty_r(_REENT, fd);
}

void *_sbrk_r(struct _reent *reent, ptrdiff_t bytes)
{
  void *old = sys_sbrk(bytes);
  if (old != NULL)
    return old;
  _REENT_ERRNO(reent) = ENOMEM;
  return (void *) -1; /* NOLINT(performance-no-int-to-ptr) */
}

int _getpid_r(struct _reent *reent)
{
  (void) reent;
  return sys_getpid();
}

int _kill_r(struct _reent *reent, int pid, int signal)
{
  return (int) result_of(reent, sys_kill(pid, signal));
}

int _gettimeofday_r(struct _reent *reent, struct timeval *now, void *zone)
{
  (void) reent;
  (void) zone;
  struct timespec realtime;
  sys_clock_gettime(CLOCK_REALTIME, &realtime);
  *now = (struct timeval){.tv_sec = realtime.tv_sec, .tv_usec = realtime.tv_nsec / 1000};
  return 0;
}

int _raise_r(struct _reent *reent, int signal)
{
  return (int) result_of(reent, sys_raise(signal));
}

int _getentropy_r(struct _reent *reent, void *buffer, size_t len_bytes)
{
  return (int) result_of(reent, sys_getentropy(buffer, len_bytes));
}

int _fork_r(struct _reent *reent)
{
  return (int) result_of(reent, sys_no_processes());
}

int _execve_r(struct _reent *reent, const char *path, char *const *argv, char *const *envp)
{
  (void) path;
  (void) argv;
  (void) envp;
  return (int) result_of(reent, sys_no_processes());
}

int _wait_r(struct _reent *reent, int *status)
{
  (void) status;
  return (int) result_of(reent, -ECHILD);
}

clock_t _times_r(struct _reent *reent, struct tms *used)
{
  (void) used;
  return (clock_t) result_of(reent, -ENOSYS);
}
