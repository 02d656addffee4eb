/* What every program does with open files: those calls that stdio makes. */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

#include "crash.h"
#include "fs/program_memory.h"
#include "posix/held.h"
#include "posix/held_socket.h"
#include "posix/sys.h"

ssize_t sys_read(int fd, void *buffer, size_t len_bytes)
{
  long result = 0;
  HELD_TRANSFER(result, fd, receive_timeout_ns, file_read(file, buffer, len_bytes));
  return result;
}

static long write_some(struct file *file, const void *buffer, size_t len_bytes, bool *is_silent)
{
  *is_silent = file->is_silent;
  return file_write(file, buffer, len_bytes);
}

/* SIGPIPE comes before the call returns; not while a crash is reported. */
static ssize_t written(long result, bool is_silent)
{
  if (__builtin_expect(result == -EPIPE, 0) && !is_silent && !crash_has_begun)
    sys_raise(SIGPIPE);
  return result;
}

ssize_t sys_write(int fd, const void *buffer, size_t len_bytes)
{
  long result = 0;
  bool is_silent = false;
  HELD_TRANSFER(result, fd, send_timeout_ns, write_some(file, buffer, len_bytes, &is_silent));
  return written(result, is_silent);
}

off_t sys_lseek(int fd, off_t offset, int whence)
{
  long result = 0;
  HELD_FILE(result, fd, file_seek(file, offset, whence));
  return result;
}

int sys_fstat(int fd, struct stat *status)
{
  int result = 0;
  struct stat found;
  HELD_FILE(result, fd, file_stat(file, &found));
  return result == 0 ? program_put(status, &found, sizeof(found)) : result;
}

int sys_close(int fd)
{
  int result = 0;
  struct signal_hold hold;
  signal_hold_begin(&hold);
  result = descriptor_close(fd);
  signal_hold_leave(&hold);
  return result;
}

int sys_isatty(int fd)
{
  int result = 0;
  HELD_FILE(result, fd, file->is_terminal ? 1 : -ENOTTY);
  return result;
}
