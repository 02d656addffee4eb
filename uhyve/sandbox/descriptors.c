/* Closes all descriptors but some, a gap at a time: close_range(2). */
#include "descriptors.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

static int compare(const void *a, const void *b)
{
  int first = *(const int *) a;
  int second = *(const int *) b;
  return (first > second) - (first < second);
}

int descriptors_close_others(int *kept, size_t count)
{
  unsigned int begin = STDERR_FILENO + 1;
  qsort(kept, count, sizeof(kept[0]), compare);
  for (size_t i = 0; i < count; i++)
  {
    if (kept[i] < (int) begin)
      continue;
    unsigned int next = (unsigned int) kept[i];
    if (next > begin && close_range(begin, next - 1, 0) != 0)
      return -errno;
    begin = next + 1;
  }
  return close_range(begin, UINT_MAX, 0) == 0 ? 0 : -errno;
}
