/* The break: it moves within the heap and no further. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static bool refused(intptr_t bytes)
{
  void *before = sbrk(0);
  errno = 0;
  return sbrk(bytes) == (void *) -1 && errno == ENOMEM && sbrk(0) == before;
}

/* What the break has left holds zeros when it comes back, from the next page on. */
static void check_zeros(void)
{
  const intptr_t len = 512 << 10;
  char *start = sbrk(4096);
  unsigned char *begin = sbrk(len);
  memset(begin, 0x55, (size_t) len);
  CHECK(sbrk(-len) == (char *) begin + len && sbrk(len) == begin);
  intptr_t at = (intptr_t) (-(uintptr_t) begin % 4096);
  while (at < len && begin[at] == 0)
    at++;
  CHECK(at == len);
  CHECK(sbrk(-len - 4096) == (char *) begin + len && sbrk(0) == start);
}

int main(void)
{
  char *start = sbrk(0);
  CHECK(start != (void *) -1);
  CHECK(sbrk(8192) == start && sbrk(0) == start + 8192);
  start[0] = 1;
  start[8191] = 1;
  CHECK(sbrk(-8192) == start + 8192 && sbrk(0) == start);
  check_zeros();
  CHECK(refused(INTPTR_MAX));
  CHECK(refused(INTPTR_MIN));
  CHECK(refused((intptr_t) 1 << 45));

  /* The last byte, to the byte. */
  for (intptr_t step = (intptr_t) 1 << 40; step > 0; step /= 2)
  {
    while (sbrk(step) != (void *) -1)
      continue;
  }
  char *end = sbrk(0);
  CHECK(end > start + (16 << 20));
  end[-1] = 42;
  CHECK(end[-1] == 42);
  CHECK(refused(1));
  CHECK(sbrk(start - end) == end && sbrk(0) == start);
  /* malloc needs more memory for stdio than there was; now there is. */
  return check_finish();
}
