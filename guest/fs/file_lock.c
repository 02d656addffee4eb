/* Locks of ranges of files, fcntl(). There is one process, which its own locks do not hold up;
 * those of files of the host are for other processes there. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "fs/file.h"
#include "fs/program_memory.h"
#include "signal/hold.h"
#include "time/clock.h"

#define FIRST_WAIT_NS 1000000ull
#define LAST_WAIT_NS  50000000ull

/* Nobody tells when another process lets go. */
static int wait_for_lock(struct file *file, struct flock *lock)
{
  static uint32_t nothing;
  uint64_t wait_ns = FIRST_WAIT_NS;
  for (;;)
  {
    int error = file->operations->lock(file, lock, false);
    if (error != -EAGAIN)
      return error;
    if (signal_hold_wait(&nothing, 0, clock_monotonic_ns() + wait_ns) == -EINTR)
      return -EINTR;
    if (wait_ns < LAST_WAIT_NS)
      wait_ns *= 2;
  }
}

static int check(const struct file *file, const struct flock *lock, int command)
{
  if (lock->l_type != F_RDLCK && lock->l_type != F_WRLCK && lock->l_type != F_UNLCK)
    return -EINVAL;
  if (command == F_GETLK)
    return lock->l_type == F_UNLCK ? -EINVAL : 0;
  if ((lock->l_type == F_RDLCK && !file_may_read(file)) ||
      (lock->l_type == F_WRLCK && !file_may_write(file)))
    return -EBADF;
  return 0;
}

/* Where the range begins: an offset, from the end of the file if that is what is meant. */
static int place(const struct file *file, struct flock *lock)
{
  off_t end;
  if (lock->l_whence == SEEK_CUR)
  {
    if (__builtin_add_overflow(lock->l_start, file->offset, &lock->l_start))
      return -EOVERFLOW;
    lock->l_whence = SEEK_SET;
  }
  if (lock->l_whence == SEEK_END)
    return 0;
  if (lock->l_whence != SEEK_SET || lock->l_start < 0)
    return -EINVAL;
  /* The last byte; of a negative length the first one. */
  if (lock->l_len > 0 && __builtin_add_overflow(lock->l_start, lock->l_len - 1, &end))
    return -EOVERFLOW;
  return lock->l_len < 0 && lock->l_start + lock->l_len < 0 ? -EINVAL : 0;
}

int file_lock(struct file *file, int command, struct flock *lock)
{
  if (!program_may(lock, sizeof(*lock), ADDRESS_WRITE))
    return -EFAULT;
  struct flock wanted = *lock;
  int error = check(file, &wanted, command);
  if (error == 0)
    error = place(file, &wanted);
  if (error != 0)
    return error;
  if (file->operations->lock == NULL)
  {
    if (command == F_GETLK)
      lock->l_type = F_UNLCK;
    return 0;
  }
  if (command == F_SETLKW)
    return wait_for_lock(file, &wanted);
  error = file->operations->lock(file, &wanted, command == F_GETLK);
  if (error == 0 && command == F_GETLK && wanted.l_type == F_UNLCK)
    lock->l_type = F_UNLCK;
  else if (error == 0 && command == F_GETLK)
    *lock = wanted;
  return error;
}
