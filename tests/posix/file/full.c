/* /tmp takes memory: what does not fit is ENOSPC, and room comes back with what is removed. For the
 * guest alone: on Linux it would fill the disk. */
#include "file_check.h"

static char bytes[1 << 20];

/* MiB that fit in a new file. */
static long fill(const char *path)
{
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  CHECK(fd >= 0);
  long size_bytes = 0;
  ssize_t got;
  while ((got = write(fd, bytes, sizeof(bytes))) > 0 && size_bytes < 1l << 32)
    size_bytes += got;
  CHECK(got == -1 && errno == ENOSPC);
  struct stat status;
  CHECK(fstat(fd, &status) == 0 && status.st_size == size_bytes);
  FAILS(pwrite(fd, bytes, 100000, size_bytes + (1 << 20)), ENOSPC);
  close(fd);
  return size_bytes >> 20;
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  memset(bytes, 'x', sizeof(bytes));
  long first = fill("full");
  CHECK(first >= 10);
  /* What was written is right, and names can still be changed. */
  int fd = open("full", O_RDONLY);
  char byte = 0;
  GIVES(pread(fd, &byte, 1, (first << 20) - 1), 1);
  CHECK(byte == 'x');
  close(fd);
  GIVES(rename("full", "moved"), 0);
  GIVES(unlink("moved"), 0);
  for (int i = 0; i < 3; i++)
  {
    long again = fill("again");
    CHECK(again >= first - 2);
    GIVES(truncate("again", 0), 0);
  }
  /* The room is the program's again, too. */
  size_t most = (size_t) (first + first / 2) << 20; /* files get half of all */
  void *memory = malloc(most);
  CHECK(memory != NULL);
  memset(memory, 1, most);
  long less = fill("less");
  CHECK(less < first - first / 4);
  free(memory);
  return leave_folder();
}
