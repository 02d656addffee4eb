/* The one place where a negative errno becomes -1 and errno. */
#ifndef GUEST_LIBC_RESULT_H
#define GUEST_LIBC_RESULT_H

#include <errno.h>

/* What a POSIX function returns for the result of a sys_ function. */
static inline long libc_result(long result)
{
  if (result >= 0)
    return result;
  errno = (int) -result;
  return -1;
}

#endif
