/* Bytes of open files: read, write and their like. */
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

#include "fs/program_memory.h"
#include "posix/held.h"
#include "posix/sys.h"

ssize_t sys_read(int fd, void *buffer, size_t len_bytes)
{
  long result;
  HELD_FILE(result, fd, file_read(file, buffer, len_bytes));
  return result;
}

/* SIGPIPE comes before the call returns. */
static ssize_t written(long result)
{
  if (__builtin_expect(result == -EPIPE, 0))
    sys_raise(SIGPIPE);
  return result;
}

ssize_t sys_write(int fd, const void *buffer, size_t len_bytes)
{
  long result;
  HELD_FILE(result, fd, file_write(file, buffer, len_bytes));
  return written(result);
}

ssize_t sys_pread(int fd, void *buffer, size_t len_bytes, off_t offset)
{
  long result;
  HELD_FILE(result, fd, file_read_at(file, buffer, len_bytes, offset));
  return result;
}

ssize_t sys_pwrite(int fd, const void *buffer, size_t len_bytes, off_t offset)
{
  long result;
  HELD_FILE(result, fd, file_write_at(file, buffer, len_bytes, offset));
  return result;
}

off_t sys_lseek(int fd, off_t offset, int whence)
{
  long result;
  HELD_FILE(result, fd, file_seek(file, offset, whence));
  return result;
}

int sys_fstat(int fd, struct stat *status)
{
  int result;
  struct stat found;
  HELD_FILE(result, fd, file_stat(file, &found));
  return result == 0 ? program_put(status, &found, sizeof(found)) : result;
}
