/* The program break and mappings. */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "libc/cancel.h"
#include "libc/result.h"
#include "posix/sys.h"

void *sbrk(ptrdiff_t bytes)
{
  void *old = sys_sbrk(bytes);
  if (old != NULL)
    return old;
  errno = ENOMEM;
  return (void *) -1; /* NOLINT(performance-no-int-to-ptr) */
}

static void *pointer_result(long result)
{
  return (void *) libc_result(result); /* NOLINT(performance-no-int-to-ptr) */
}

void *mmap(void *wish, size_t len_bytes, int rights, int flags, int fd, off_t offset)
{
  return pointer_result(sys_mmap(wish, len_bytes, rights, flags, fd, offset));
}

int munmap(void *begin, size_t len_bytes)
{
  return (int) libc_result(sys_munmap(begin, len_bytes));
}

int mprotect(void *begin, size_t len_bytes, int rights)
{
  return (int) libc_result(sys_mprotect(begin, len_bytes, rights));
}

/* Without a place of the caller's choice, which is for MREMAP_FIXED only. */
void *mremap(void *begin, size_t old_bytes, size_t new_bytes, int flags, ...)
{
  return pointer_result(sys_mremap(begin, old_bytes, new_bytes, flags));
}

int madvise(void *begin, size_t len_bytes, int advice)
{
  return (int) libc_result(sys_madvise(begin, len_bytes, advice));
}

/* Returns the error. No advice of POSIX may change what the memory holds, so there is nothing to do
 * for POSIX_MADV_DONTNEED. */
int posix_madvise(void *begin, size_t len_bytes, int advice)
{
  if (advice == POSIX_MADV_DONTNEED)
    advice = POSIX_MADV_NORMAL;
  return advice < POSIX_MADV_NORMAL || advice > POSIX_MADV_WILLNEED
             ? EINVAL
             : -sys_madvise(begin, len_bytes, advice);
}

int mincore(void *begin, size_t len_bytes, unsigned char *resident)
{
  return (int) libc_result(sys_mincore(begin, len_bytes, resident));
}

int msync(void *begin, size_t len_bytes, int flags)
{
  thread_test_cancel();
  return (int) libc_result(sys_msync(begin, len_bytes, flags));
}

int mlock(const void *begin, size_t len_bytes)
{
  return (int) libc_result(sys_mlock(begin, len_bytes));
}

/* Memory that was brought in stays. */
int munlock(const void *begin, size_t len_bytes)
{
  return (int) libc_result(sys_munlock(begin, len_bytes));
}

int mlockall(int flags)
{
  return (int) libc_result(sys_mlockall(flags));
}

int munlockall(void)
{
  return (int) libc_result(sys_munlockall());
}
