/* What the tests of calls with errno share, besides check.h. The programs run on Linux, too. */
#ifndef TESTS_GUEST_CHECK_CALLS_H
#define TESTS_GUEST_CHECK_CALLS_H

#include <errno.h>
#include <string.h>

#include "check.h"

/* A call that gives -1 and this errno. */
#define FAILS(call, number) \
  (errno = 0, check_fails((number), (long) (call), __FILE__, __LINE__, #call))

/* A call that gives this number. */
#define GIVES(call, result) \
  (errno = 0, check_gives((long) (result), (long) (call), __FILE__, __LINE__, #call))

static inline bool check_fails(int number, long result, const char *file, int line,
                               const char *call)
{
  int error = errno;
  bool holds = check_that(result == -1 && error == number, file, line, call);
  if (!holds)
    fprintf(stderr, "  result %ld, errno %d (%s), not -1 and %d (%s)\n", result, error,
            strerror(error), number, strerror(number));
  errno = error;
  return holds;
}

static inline bool check_gives(long expected, long result, const char *file, int line,
                               const char *call)
{
  int error = errno;
  bool holds = check_that(result == expected, file, line, call);
  if (!holds)
    fprintf(stderr, "  result %ld, errno %d (%s), not %ld\n", result, error, strerror(error),
            expected);
  errno = error;
  return holds;
}

#endif
