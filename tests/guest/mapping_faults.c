/* Touches memory in a way that it must not be touched; the argument says which. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE  4096ul
#define LARGE (2ul << 20)
#define DATA  (PROT_READ | PROT_WRITE)

int main(int argc, char **argv)
{
  const char *what = argc > 1 ? argv[1] : "";
  volatile char *begin = mmap(NULL, 3 * LARGE, DATA, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  volatile char *middle = begin + LARGE + 9 * PAGE;
  void *page = (void *) (middle - (unsigned long) middle % PAGE);
  for (unsigned long at = 0; at < 3 * LARGE; at += PAGE)
    begin[at] = 1;
  puts("touched");
  fflush(stdout);
  if (strcmp(what, "none") == 0)
  {
    mprotect(page, PAGE, PROT_NONE);
    return *middle;
  }
  if (strcmp(what, "none-untouched") == 0)
    return *(volatile char *) mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (strcmp(what, "write") == 0)
  {
    mprotect(page, PAGE, PROT_READ);
    if (*middle == 1)
      *middle = 2;
  }
  if (strcmp(what, "unmapped") == 0)
  {
    munmap(page, PAGE);
    return *middle;
  }
  if (strcmp(what, "unmapped-large") == 0)
  {
    munmap((void *) begin, 3 * LARGE);
    return *middle;
  }
  if (strcmp(what, "execute") == 0)
  {
    *middle = (char) 0xc3; /* ret */
    ((void (*)(void)) page)();
  }
  if (strcmp(what, "write-code") == 0)
  {
    mprotect(page, PAGE, PROT_READ | PROT_EXEC);
    *middle = 2;
  }
  if (strcmp(what, "behind") == 0)
    begin[3 * LARGE] = 1;
  return 0;
}
