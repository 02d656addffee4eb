/* Streams of the entries of a folder. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/lock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libc/result.h"
#include "posix/sys.h"

#define BUFFER_BYTES 32768

/* No header declares it, and programs written for Newlib know it. */
int getdents(int, void *, int);

int getdents(int fd, void *buffer, int len_bytes)
{
  return (int) libc_result(sys_getdents(fd, buffer, (size_t) len_bytes));
}

static DIR *open_stream(int fd)
{
  DIR *stream = malloc(sizeof(*stream) + BUFFER_BYTES);
  if (stream == NULL)
    return NULL;
  memset(stream, 0, sizeof(*stream));
  stream->dd_fd = fd;
  stream->dd_buf = (char *) (stream + 1);
  __lock_init_recursive(stream->dd_lock);
  return stream;
}

DIR *opendir(const char *path)
{
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return NULL;
  DIR *stream = open_stream(fd);
  if (stream == NULL)
    sys_close(fd);
  return stream;
}

DIR *fdopendir(int fd)
{
  struct stat status;
  int error = sys_fstat(fd, &status);
  if (error == 0 && !S_ISDIR(status.st_mode))
    error = -ENOTDIR;
  if (error == 0)
    error = sys_fcntl(fd, F_GETFL, 0) & O_PATH;
  if (error > 0)
    error = -EBADF;
  if (libc_result(error) != 0)
    return NULL;
  sys_fcntl(fd, F_SETFD, FD_CLOEXEC);
  return open_stream(fd);
}

int closedir(DIR *stream)
{
  int fd = stream->dd_fd;
  __lock_close_recursive(stream->dd_lock);
  free(stream);
  return close(fd);
}

int dirfd(DIR *stream)
{
  return stream->dd_fd;
}

/* dd_seek is the position behind the entry that was read last: d_off. At the end errno stays. */
static struct dirent *next(DIR *stream, int *error)
{
  if (stream->dd_loc >= stream->dd_size)
  {
    long result = sys_getdents(stream->dd_fd, stream->dd_buf, BUFFER_BYTES);
    stream->dd_loc = 0;
    stream->dd_size = result > 0 ? (int) result : 0;
    *error = result < 0 ? (int) -result : 0;
    if (result <= 0)
      return NULL;
  }
  struct dirent *entry = (struct dirent *) (void *) (stream->dd_buf + stream->dd_loc);
  stream->dd_loc += entry->d_reclen;
  stream->dd_seek = entry->d_off;
  return entry;
}

struct dirent *readdir(DIR *stream)
{
  int error = 0;
  __lock_acquire_recursive(stream->dd_lock);
  struct dirent *entry = next(stream, &error);
  __lock_release_recursive(stream->dd_lock);
  /* A folder that was removed has no more entries. */
  if (error != 0 && error != ENOENT)
    errno = error;
  return entry;
}

int readdir_r(DIR *restrict stream, struct dirent *restrict entry, struct dirent **restrict result)
{
  int error = 0;
  __lock_acquire_recursive(stream->dd_lock);
  const struct dirent *found = next(stream, &error);
  if (found != NULL)
    memcpy(entry, found, found->d_reclen);
  __lock_release_recursive(stream->dd_lock);
  *result = found != NULL ? entry : NULL;
  return error != ENOENT ? error : 0;
}

long telldir(DIR *stream)
{
  __lock_acquire_recursive(stream->dd_lock);
  long position = stream->dd_seek;
  __lock_release_recursive(stream->dd_lock);
  return position;
}

void seekdir(DIR *stream, long position)
{
  __lock_acquire_recursive(stream->dd_lock);
  sys_lseek(stream->dd_fd, position, SEEK_SET);
  stream->dd_loc = 0;
  stream->dd_size = 0;
  stream->dd_seek = position;
  __lock_release_recursive(stream->dd_lock);
}

void rewinddir(DIR *stream)
{
  seekdir(stream, 0);
}
