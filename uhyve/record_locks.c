/* Keeps account of a guest's record locks as the kernel does: ranges of a file that lie side by
 * side or overlap are one if they are of the same kind; a new one replaces what others have there.
 */
#include "record_locks.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

struct range
{
  dev_t dev;
  ino_t ino;
  int64_t begin;
  int64_t last; /* INT64_MAX: to the end of the file, wherever that is */
  short kind;
};

static struct
{
  pthread_mutex_t lock; /* for the rest */
  struct range list[RECORD_LOCKS_MAX];
  size_t count;
} held = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool is_same_file(const struct range *a, const struct range *b)
{
  return a->ino == b->ino && a->dev == b->dev;
}

static bool overlaps(const struct range *a, const struct range *b)
{
  return is_same_file(a, b) && a->begin <= b->last && b->begin <= a->last;
}

static bool joins(const struct range *a, const struct range *b)
{
  bool touches = (a->last != INT64_MAX && a->last + 1 == b->begin) ||
                 (b->last != INT64_MAX && b->last + 1 == a->begin);
  return a->kind == b->kind && is_same_file(a, b) && (touches || overlaps(a, b));
}

/* How many there are with a new one, as far as that is to be known: those that it joins are counted
 * on, but the first. */
static size_t count_with(const struct range *added)
{
  size_t count = held.count + (added->kind != F_UNLCK);
  bool has_joined = false;
  for (size_t i = 0; i < held.count; i++)
  {
    const struct range *old = &held.list[i];
    if (joins(old, added))
    {
      count -= !has_joined;
      has_joined = true;
    }
    else if (overlaps(old, added))
    {
      count += old->begin < added->begin;
      count += old->last > added->last;
      count--;
    }
  }
  return count;
}

static void add(struct range range)
{
  held.list[held.count++] = range;
}

/* Takes out what the new one replaces, and puts back what is left of that. */
static void apply(struct range added)
{
  struct range left[2];
  size_t left_count = 0;
  size_t kept = 0;
  for (size_t i = 0; i < held.count; i++)
  {
    struct range old = held.list[i];
    if (joins(&old, &added))
    {
      added.begin = old.begin < added.begin ? old.begin : added.begin;
      added.last = old.last > added.last ? old.last : added.last;
      continue;
    }
    if (!overlaps(&old, &added))
    {
      held.list[kept++] = old;
      continue;
    }
    /* Of one file's none overlap: what sticks out sticks out once on each side. */
    if (old.begin < added.begin && left_count < 2)
    {
      left[left_count] = old;
      left[left_count++].last = added.begin - 1;
    }
    if (old.last > added.last && left_count < 2)
    {
      left[left_count] = old;
      left[left_count++].begin = added.last + 1;
    }
  }
  held.count = kept;
  for (size_t i = 0; i < left_count; i++)
    add(left[i]);
  if (added.kind != F_UNLCK)
    add(added);
}

/* The range that a lock means. Returns 0 or what the kernel would say: -EINVAL, -EOVERFLOW. */
static int find_range(int fd, const struct flock *lock, struct range *range)
{
  struct stat status;
  int64_t begin = lock->l_start;
  int64_t last = INT64_MAX;
  if (fstat(fd, &status) != 0)
    return -errno;
  if (lock->l_whence == SEEK_END && __builtin_add_overflow(begin, status.st_size, &begin))
    return -EOVERFLOW;
  if (begin >= 0 && lock->l_len > 0 && __builtin_add_overflow(begin, lock->l_len - 1, &last))
    return -EOVERFLOW;
  if (begin >= 0 && lock->l_len < 0)
  {
    last = begin - 1;
    begin += lock->l_len;
  }
  *range = (struct range){.dev = status.st_dev,
                          .ino = status.st_ino,
                          .begin = begin,
                          .last = last,
                          .kind = lock->l_type};
  return begin >= 0 ? 0 : -EINVAL;
}

/* By the range that was found: the file's end may be elsewhere meanwhile. */
static int set(int fd, const struct flock *lock, const struct range *range)
{
  struct flock wanted = *lock;
  wanted.l_whence = SEEK_SET;
  wanted.l_start = range->begin;
  wanted.l_len = range->last == INT64_MAX ? 0 : range->last - range->begin + 1;
  size_t count = count_with(range);
  if (count > held.count && count > RECORD_LOCKS_MAX)
    return -ENOLCK;
  if (fcntl(fd, F_SETLK, &wanted) != 0)
    return -errno;
  apply(*range);
  return 0;
}

int record_locks_set(int fd, const struct flock *lock)
{
  struct range range;
  int error = find_range(fd, lock, &range);
  if (error != 0)
    return error;
  pthread_mutex_lock(&held.lock);
  error = set(fd, lock, &range);
  pthread_mutex_unlock(&held.lock);
  return error;
}

/* One that was opened by O_PATH has no locks, and takes none with it. */
static bool takes_locks_along(int fd)
{
  int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_PATH) == 0;
}

void record_locks_forget(int fd)
{
  struct stat status;
  pthread_mutex_lock(&held.lock);
  if (held.count > 0 && takes_locks_along(fd) && fstat(fd, &status) == 0)
  {
    const struct range file = {.dev = status.st_dev, .ino = status.st_ino};
    size_t kept = 0;
    for (size_t i = 0; i < held.count; i++)
    {
      if (!is_same_file(&held.list[i], &file))
        held.list[kept++] = held.list[i];
    }
    held.count = kept;
  }
  pthread_mutex_unlock(&held.lock);
}
