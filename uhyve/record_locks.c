/* Keeps book of the record locks that this process has, as the kernel does: by file, not by
 * descriptor. */
#include "record_locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

struct range
{
  dev_t dev;
  ino_t ino;
  int64_t first, last;
  short type;
};

static struct
{
  pthread_mutex_t lock;
  size_t count;
  struct range ranges[RECORD_LOCKS_MAX];
} held = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- The book; the lock is held ---- */

static bool is_same_file(const struct range *one, const struct range *other)
{
  return one->dev == other->dev && one->ino == other->ino;
}

static bool overlaps(const struct range *one, const struct range *other)
{
  return is_same_file(one, other) && one->first <= other->last && other->first <= one->last;
}

/* What is to be taken out leaves a piece on each side of it. */
static bool splits(const struct range *taken)
{
  for (size_t i = 0; i < held.count; i++)
  {
    const struct range *range = &held.ranges[i];
    if (overlaps(range, taken) && range->first < taken->first && range->last > taken->last)
      return true;
  }
  return false;
}

static void take_out(const struct range *taken)
{
  for (size_t i = 0; i < held.count;)
  {
    struct range *range = &held.ranges[i];
    if (!overlaps(range, taken))
    {
      i++;
      continue;
    }
    bool has_before = range->first < taken->first;
    bool has_behind = range->last > taken->last;
    struct range behind = *range;
    if (has_behind)
      behind.first = taken->last + 1;
    if (has_before)
      range->last = taken->first - 1;
    else if (has_behind)
      *range = behind;
    else
      *range = held.ranges[--held.count];
    if (has_before && has_behind)
      held.ranges[held.count++] = behind;
    i += has_before || has_behind;
  }
}

static void put_in(struct range added)
{
  for (size_t i = 0; i < held.count;)
  {
    const struct range *range = &held.ranges[i];
    bool is_alike = is_same_file(range, &added) && range->type == added.type;
    bool is_before = is_alike && range->last < added.first && range->last == added.first - 1;
    bool is_behind = is_alike && range->first > added.last && range->first - 1 == added.last;
    if (is_before)
      added.first = range->first;
    if (is_behind)
      added.last = range->last;
    if (is_before || is_behind)
      held.ranges[i] = held.ranges[--held.count];
    else
      i++;
  }
  held.ranges[held.count++] = added;
}

/* ---- The calls ---- */

/* The range by absolute offsets: 0 or a negative errno. */
static int find_range(int fd, const struct flock *lock, struct range *range)
{
  struct stat status;
  if (fstat(fd, &status) != 0)
    return -errno;
  int64_t first = lock->l_whence == SEEK_END ? status.st_size : 0;
  int64_t last = INT64_MAX;
  if (__builtin_add_overflow(first, lock->l_start, &first))
    return -EOVERFLOW;
  if (first >= 0 && lock->l_len > 0 && __builtin_add_overflow(first, lock->l_len - 1, &last))
    return -EOVERFLOW;
  if (first < 0)
    return -EINVAL;
  if (lock->l_len < 0)
  {
    last = first - 1;
    first += lock->l_len;
  }
  if (first < 0)
    return -EINVAL;
  *range = (struct range){status.st_dev, status.st_ino, first, last, lock->l_type};
  return 0;
}

int record_locks_set(int fd, const struct flock *lock)
{
  struct range range = {0};
  int error = find_range(fd, lock, &range);
  if (error != 0)
    return error;
  struct flock absolute = {.l_type = lock->l_type,
                           .l_whence = SEEK_SET,
                           .l_start = range.first,
                           .l_len = range.last == INT64_MAX ? 0 : range.last - range.first + 1};
  bool is_lock = lock->l_type != F_UNLCK;
  pthread_mutex_lock(&held.lock);
  if (held.count + (is_lock ? 1 : 0) + (splits(&range) ? 1 : 0) > RECORD_LOCKS_MAX)
    error = -ENOLCK;
  else if (fcntl(fd, F_SETLK, &absolute) != 0)
    error = -errno;
  else
  {
    take_out(&range);
    if (is_lock)
      put_in(range);
  }
  pthread_mutex_unlock(&held.lock);
  return error;
}

/* Whether the end of this descriptor is the end of locks. */
static bool holds_locks(int fd, struct range *all)
{
  struct stat status;
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || (flags & O_PATH) != 0 || fstat(fd, &status) != 0)
    return false;
  *all = (struct range){status.st_dev, status.st_ino, 0, INT64_MAX, F_UNLCK};
  for (size_t i = 0; i < held.count; i++)
  {
    if (is_same_file(&held.ranges[i], all))
      return true;
  }
  return false;
}

int record_locks_close(int fd)
{
  struct range all;
  pthread_mutex_lock(&held.lock);
  bool ends_locks = held.count > 0 && holds_locks(fd, &all);
  if (!ends_locks)
  {
    pthread_mutex_unlock(&held.lock);
    return close(fd);
  }
  take_out(&all);
  int result = close(fd);
  int error = errno;
  pthread_mutex_unlock(&held.lock);
  errno = error;
  return result;
}
