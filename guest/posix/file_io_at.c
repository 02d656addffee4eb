/* Bytes of open files at any offset, and in several pieces. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <sys/uio.h>

#include "fs/program_memory.h"
#include "mm/kernel_heap.h"
#include "posix/held.h"
#include "posix/sys.h"

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
