/* readv and writev, on read and write. */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum
{
  GATHER_BYTES = 1024,
};

/* Bytes of all vectors, or -1 and EINVAL. */
static ssize_t total_bytes(const struct iovec *vectors, int count)
{
  size_t total = 0;
  if (count < 0 || count > IOV_MAX)
    total = SIZE_MAX;
  for (int i = 0; i < count && total <= PTRDIFF_MAX; i++)
    if (__builtin_add_overflow(total, vectors[i].iov_len, &total))
      total = SIZE_MAX;
  if (total <= PTRDIFF_MAX)
    return (ssize_t) total;
  errno = EINVAL;
  return -1;
}

/* What fits into one write is one: lines of several threads do not mix. */
static ssize_t write_gathered(int fd, const struct iovec *vectors, int count, size_t total)
{
  char gathered[GATHER_BYTES];
  char *end = gathered;
  for (int i = 0; i < count; i++)
    end = (char *) memcpy(end, vectors[i].iov_base, vectors[i].iov_len) + vectors[i].iov_len;
  return write(fd, gathered, total);
}

ssize_t writev(int fd, const struct iovec *vectors, int count)
{
  ssize_t total = total_bytes(vectors, count);
  if (total < 0)
    return -1;
  if (total <= GATHER_BYTES)
    return write_gathered(fd, vectors, count, (size_t) total);
  ssize_t done = 0;
  for (int i = 0; i < count; i++)
  {
    ssize_t written = write(fd, vectors[i].iov_base, vectors[i].iov_len);
    if (written < 0)
      return done > 0 ? done : -1;
    done += written;
    if ((size_t) written < vectors[i].iov_len)
      break;
  }
  return done;
}

/* A second read might wait while there is something to return: so only the first vector is filled.
 */
ssize_t readv(int fd, const struct iovec *vectors, int count)
{
  if (total_bytes(vectors, count) < 0)
    return -1;
  int first = 0;
  while (first < count && vectors[first].iov_len == 0)
    first++;
  if (first == count)
    return read(fd, NULL, 0);
  return read(fd, vectors[first].iov_base, vectors[first].iov_len);
}
