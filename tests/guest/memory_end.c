/* Out of memory is ENOMEM, and the program goes on: by mappings of all sizes, and by the break. */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

#define PAGE 4096ul
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define DATA (PROT_READ | PROT_WRITE)

/* Maps pieces until there is no more, and uses all of them. Returns the bytes. */
static size_t take_all(size_t piece)
{
  char *last = NULL;
  size_t bytes = 0;
  errno = 0;
  for (;;)
  {
    char *begin = mmap(NULL, piece, DATA, ANON, -1, 0);
    if (begin == MAP_FAILED)
      break;
    for (size_t at = 0; at < piece; at += PAGE)
      begin[at + 100] = (char) (at / PAGE);
    *(char **) (void *) begin = last;
    last = begin;
    bytes += piece;
  }
  CHECK(errno == ENOMEM);
  bool kept = true;
  while (last != NULL)
  {
    for (size_t at = 0; at < piece; at += PAGE)
      kept = kept && last[at + 100] == (char) (at / PAGE);
    char *next = *(char **) (void *) last;
    kept = munmap(last, piece) == 0 && kept;
    last = next;
  }
  CHECK(kept);
  return bytes;
}

/* Mappings that cannot become one, for their rights differ. */
static unsigned int take_small(char **begin)
{
  *begin = mmap(NULL, (size_t) 1 << 40, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
  if (!CHECK(*begin != MAP_FAILED))
    return 0;
  unsigned int count = 0;
  errno = 0;
  while (mmap(*begin + count * 2 * PAGE, PAGE, DATA, ANON | MAP_FIXED, -1, 0) != MAP_FAILED)
  {
    (*begin)[count * 2 * PAGE] = (char) count;
    count++;
  }
  CHECK(errno == ENOMEM);
  return count;
}

/* Each needs a page table of its own. */
static unsigned int take_sparse(void)
{
  const size_t step = (size_t) 2 << 20;
  char *begin = mmap(NULL, (size_t) 1 << 40, PROT_NONE, ANON | MAP_NORESERVE, -1, 0);
  unsigned int count = 0;
  errno = 0;
  while (mmap(begin + count * step, PAGE, DATA, ANON | MAP_FIXED, -1, 0) != MAP_FAILED)
  {
    begin[count * step] = 1;
    count++;
  }
  CHECK(errno == ENOMEM);
  errno = 0;
  CHECK(munmap(begin, (size_t) 1 << 40) == 0);
  return count;
}

static void check_break(void)
{
  char *start = sbrk(0);
  size_t taken = 0;
  while (sbrk(1 << 20) != (void *) -1)
  {
    for (size_t at = taken; at < taken + (1 << 20); at += PAGE)
      start[at] = 1;
    taken += 1 << 20;
  }
  CHECK(errno == ENOMEM && taken > 0);
  CHECK(sbrk(-(intptr_t) taken) != (void *) -1);
}

int main(void)
{
  size_t pages = take_all(PAGE);
  size_t blocks = take_all((size_t) 64 << 10);
  size_t large = take_all((size_t) 3 << 20);
  CHECK(large + (6 << 20) > blocks && blocks + (1 << 20) > pages && pages + (1 << 20) > blocks);
  char *begin;
  unsigned int count = take_small(&begin);
  CHECK(count > 500);
  bool kept = true;
  for (unsigned int i = 0; i < count; i++)
    kept = kept && begin[i * 2 * PAGE] == (char) i;
  CHECK(kept);
  CHECK(munmap(begin, (size_t) 1 << 40) == 0);
  CHECK(take_sparse() > 20);
  check_break();
  CHECK(take_all((size_t) 3 << 20) + (6 << 20) > large);
  return check_finish();
}
