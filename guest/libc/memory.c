/* The program break. */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "posix/sys.h"

void *sbrk(ptrdiff_t bytes)
{
  void *old = sys_sbrk(bytes);
  if (old != NULL)
    return old;
  errno = ENOMEM;
  return (void *) -1; /* NOLINT(performance-no-int-to-ptr) */
}
