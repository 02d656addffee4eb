/* Writes out what standard output still holds, from a crash. */
#include "libc/rescue.h"

#include <stdio.h>
#include <unistd.h>

#include "mm/address.h"
#include "posix/sys.h"

/* More than this cannot be waiting in a stream of ours, unless setvbuf made it so. */
#define RESCUE_MAX_BYTES (16 << 20)

void libc_rescue_output(void)
{
  /* The stream itself is a static object, and found as such: an idle CPU has no state of Newlib.
   * Its buffer pointers may be damaged. */
  const FILE *stream = &__sf[STDOUT_FILENO];
  const unsigned char *begin = stream->_bf._base;
  const unsigned char *end = stream->_p;
  if ((stream->_flags & __SWR) == 0 || begin == NULL || end <= begin ||
      end - begin > RESCUE_MAX_BYTES)
    return;
  sys_write(STDOUT_FILENO, begin, (size_t) (end - begin));
}
