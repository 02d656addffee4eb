/* Reads and writes a file of 256 MiB in pieces of one size, the host having it in memory. The
 * median of several passes counts. usage: file_io 4k|64k|1m FOLDER */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"

#define FILE_BYTES ((size_t) 256 << 20)
#define PIECE_MOST ((size_t) 1 << 20)
#define PASSES     5
#define PATH_BYTES 512

static char *buffer;

static size_t piece_bytes(const char *name)
{
  if (strcmp(name, "4k") == 0)
    return 4096;
  return strcmp(name, "64k") == 0 ? 65536 : PIECE_MOST;
}

static void pass(int fd, size_t piece, int writes)
{
  measure_check(lseek(fd, 0, SEEK_SET) == 0, "lseek");
  for (size_t done = 0; done < FILE_BYTES; done += piece)
  {
    ssize_t moved = writes ? write(fd, buffer, piece) : read(fd, buffer, piece);
    measure_check(moved == (ssize_t) piece, writes ? "write" : "read");
  }
}

static void print_rate(const char *what, const char *size, uint64_t *took_ns)
{
  char name[32];
  snprintf(name, sizeof(name), "file_%s_%s", what, size);
  double ns = (double) measure_percentile(took_ns, PASSES, 50);
  measure_print(name, (double) FILE_BYTES / ns * 1000, "MB/s");
}

int main(int argc, char **argv)
{
  char path[PATH_BYTES];
  uint64_t reads_ns[PASSES];
  uint64_t writes_ns[PASSES];
  measure_check(argc == 3, "file_io 4k|64k|1m FOLDER");
  size_t piece = piece_bytes(argv[1]);
  buffer = malloc(PIECE_MOST);
  measure_check(buffer != NULL, "malloc");
  memset(buffer, 'x', PIECE_MOST);
  snprintf(path, sizeof(path), "%s/large", argv[2]);
  int fd = open(path, O_RDWR | O_CREAT, 0644);
  measure_check(fd >= 0, "open");
  pass(fd, PIECE_MOST, 1);
  for (int i = 0; i < PASSES; i++)
  {
    uint64_t begin_ns = measure_now_ns();
    pass(fd, piece, 1);
    uint64_t middle_ns = measure_now_ns();
    pass(fd, piece, 0);
    writes_ns[i] = middle_ns - begin_ns;
    reads_ns[i] = measure_now_ns() - middle_ns;
  }
  measure_check(close(fd) == 0, "close");
  print_rate("write", argv[1], writes_ns);
  print_rate("read", argv[1], reads_ns);
  return 0;
}
