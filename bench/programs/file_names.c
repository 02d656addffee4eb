/* stat() of one file, and many small files that are opened, read and closed. usage: file_names
 * FOLDER */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "measure.h"

#define FILES       500
#define SMALL_BYTES 1000
#define STATS       2000
#define PATH_BYTES  512

static const char *folder;
static char bytes[SMALL_BYTES + 1];

static void path_of(char path[PATH_BYTES], int number)
{
  snprintf(path, PATH_BYTES, "%s/small%d", folder, number);
}

static void make_files(void)
{
  char path[PATH_BYTES];
  memset(bytes, 'x', SMALL_BYTES);
  for (int i = 0; i < FILES; i++)
  {
    path_of(path, i);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    measure_check(fd >= 0 && write(fd, bytes, SMALL_BYTES) == SMALL_BYTES && close(fd) == 0,
                  "a small file");
  }
}

static void run_stat(void)
{
  char path[PATH_BYTES];
  struct stat status;
  path_of(path, 0);
  for (int i = 0; i < STATS; i++)
    measure_check(stat(path, &status) == 0, "stat");
}

static void run_open(void)
{
  char path[PATH_BYTES];
  for (int i = 0; i < FILES; i++)
  {
    path_of(path, i);
    int fd = open(path, O_RDONLY);
    measure_check(fd >= 0 && read(fd, bytes, sizeof(bytes)) == SMALL_BYTES && close(fd) == 0,
                  "open, read and close");
  }
}

int main(int argc, char **argv)
{
  measure_check(argc == 2, "file_names FOLDER");
  folder = argv[1];
  make_files();
  measure_rounds("file_stat", run_stat, STATS);
  measure_rounds("file_open_small", run_open, FILES);
  return 0;
}
