/* Memory: POSIX names that Newlib lacks. */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
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

/* Returns the error and leaves errno alone, as POSIX has it. */
int posix_memalign(void **block, size_t align, size_t len_bytes)
{
  if (align < sizeof(void *) || (align & (align - 1)) != 0)
    return EINVAL;
  int saved = errno;
  void *taken = memalign(align, len_bytes);
  errno = saved;
  if (taken == NULL)
    return ENOMEM;
  *block = taken;
  return 0;
}
