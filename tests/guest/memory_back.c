/* Uses 64 MiB and gives them back in the way that the argument names; waits for a line after each
 * step, so that the host can look. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES (64ul << 20)

/* Without stdio, whose buffers would lie behind what the break gave. */
static void step(const char *name)
{
  char answer;
  if (write(1, name, strlen(name)) < 0 || read(0, &answer, 1) < 0)
    _exit(1);
}

int main(int argc, char **argv)
{
  const char *how = argc > 1 ? argv[1] : "";
  int heap = strcmp(how, "sbrk") == 0;
  char *begin = heap
                    ? sbrk((long) BYTES)
                    : mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  step("mapped\n");
  for (int round = 0; round < 3; round++)
    memset(begin, 1 + round, BYTES);
  step("used\n");
  int error = 0;
  if (heap)
    error = sbrk(-(long) BYTES) == (void *) -1;
  else if (strcmp(how, "munmap") == 0)
    error = munmap(begin, BYTES);
  else
    error = madvise(begin, BYTES, MADV_DONTNEED);
  step("back\n");
  return error;
}
