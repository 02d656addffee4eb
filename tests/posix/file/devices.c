/* The files of /dev. */
#include "file_check.h"

#include <sys/mman.h>
#include <sys/sysmacros.h>

static unsigned char bytes[100000];

static bool are_all(unsigned char value, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if (bytes[i] != value)
      return false;
  return true;
}

static int open_device(const char *path, unsigned int number)
{
  struct stat status;
  CHECK(stat(path, &status) == 0 && S_ISCHR(status.st_mode));
  CHECK(major(status.st_rdev) == 1 && minor(status.st_rdev) == number);
  GIVES(access(path, R_OK | W_OK), 0);
  int fd = open(path, O_RDWR | O_TRUNC | O_CREAT, 0600);
  CHECK(fd >= 0 && fstat(fd, &status) == 0 && S_ISCHR(status.st_mode));
  GIVES(isatty(fd), 0);
  FAILS(open(path, O_RDONLY | O_DIRECTORY), ENOTDIR);
  return fd;
}

static void test_null(void)
{
  int fd = open_device("/dev/null", 3);
  GIVES(read(fd, bytes, 10), 0);
  GIVES(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
  GIVES(read(fd, bytes, 10), 0);
  GIVES(lseek(fd, 0, SEEK_END), 0);
  GIVES(pwrite(fd, bytes, 10, 1000), 10);
  FAILS(ftruncate(fd, 0), EINVAL);
  FAILS(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0), ENODEV);
  close(fd);
  fd = open("/dev/null", O_RDONLY);
  FAILS(write(fd, bytes, 1), EBADF);
  close(fd);
  FILE *stream = fopen("/dev/null", "w");
  CHECK(stream != NULL && fputs("nowhere", stream) >= 0);
  GIVES(fclose(stream), 0);
}

static void test_zero(void)
{
  int fd = open_device("/dev/zero", 5);
  memset(bytes, 1, sizeof(bytes));
  GIVES(read(fd, bytes, sizeof(bytes)), sizeof(bytes));
  CHECK(are_all(0, sizeof(bytes)));
  memset(bytes, 1, sizeof(bytes));
  GIVES(pread(fd, bytes, 10, 1l << 40), 10);
  CHECK(are_all(0, 10) && bytes[10] == 1);
  GIVES(write(fd, bytes, 100), 100);
  unsigned char *map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(map != MAP_FAILED && map[0] == 0 && map[8191] == 0);
  map[1] = 1;
  GIVES(munmap(map, 8192), 0);
  close(fd);
}

static void test_full(void)
{
  int fd = open_device("/dev/full", 7);
  memset(bytes, 1, 100);
  GIVES(read(fd, bytes, 100), 100);
  CHECK(are_all(0, 100));
  FAILS(write(fd, bytes, 1), ENOSPC);
  close(fd);
  FILE *stream = fopen("/dev/full", "w");
  fputs("no room", stream);
  CHECK(fflush(stream) == EOF && errno == ENOSPC && ferror(stream) != 0);
  fclose(stream);
  stream = fopen("/dev/full", "w");
  fputs("no room", stream);
  CHECK(fclose(stream) == EOF && errno == ENOSPC);
}

/* Each bit as often set as not, within what chance allows. */
static void test_random(const char *path, unsigned int number)
{
  static unsigned char other[sizeof(bytes)];
  int fd = open_device(path, number);
  GIVES(read(fd, bytes, sizeof(bytes)), sizeof(bytes));
  GIVES(read(fd, other, sizeof(other)), sizeof(other));
  CHECK(memcmp(bytes, other, sizeof(bytes)) != 0);
  long ones = 0, same = 0;
  for (size_t i = 0; i < sizeof(bytes); i++)
  {
    ones += __builtin_popcount(bytes[i]);
    same += bytes[i] == other[i];
  }
  CHECK(ones > 397000 && ones < 403000);
  CHECK(same > 250 && same < 550);
  GIVES(read(fd, bytes, 1), 1);
  GIVES(write(fd, "entropy", 7), 7);
  close(fd);
}

static void test_streams(bool has_input)
{
  struct stat status, other;
  static const char *const names[] = {"/dev/stdin", "/dev/stdout", "/dev/stderr"};
  for (int i = 0; i < 3; i++)
  {
    CHECK(stat(names[i], &status) == 0 && fstat(i, &other) == 0);
    GIVES(status.st_mode & S_IFMT, other.st_mode & S_IFMT);
  }
  int fd = open("/dev/stdout", O_WRONLY);
  if (fd >= 0 || errno != EACCES || is_root()) /* it may be root's pipe */
  {
    CHECK(fd > 2);
    GIVES(write(fd, "by its name\n", 12), 12);
    GIVES(close(fd), 0);
  }
  fd = open("/dev/stdin", O_RDONLY);
  if (has_input)
    GIVES(read(fd, bytes, 10), 0);
  GIVES(close(fd), 0);
}

/* Nobody's terminal. A program that has one has it here. */
static void test_terminal(void)
{
  int fd = open("/dev/tty", O_RDWR);
  if (fd >= 0)
    CHECK(isatty(fd) == 1 && close(fd) == 0);
  else
    CHECK(errno == ENXIO);
}

static void test_folder(void)
{
  struct stat status;
  bool has_null = false, has_zero = false;
  CHECK(stat("/dev", &status) == 0 && S_ISDIR(status.st_mode));
  DIR *list = opendir("/dev");
  struct dirent *entry;
  CHECK(list != NULL);
  while (list != NULL && (entry = readdir(list)) != NULL)
  {
    has_null |= strcmp(entry->d_name, "null") == 0;
    has_zero |= strcmp(entry->d_name, "zero") == 0;
  }
  CHECK(has_null && has_zero);
  closedir(list);
  FAILS(open("/dev/no_such_device", O_RDWR), ENOENT);
  FAILS(open("/dev/null/x", O_RDWR), ENOTDIR);
  FAILS(open("/dev/null/", O_RDWR), ENOTDIR);
  FAILS(open("/dev", O_RDWR), EISDIR);
  FAILS(mkdir("/dev/null", 0755), EEXIST);
  if (is_root())
    FAILS(rmdir("/dev/null"), ENOTDIR);
  int fd = openat(AT_FDCWD, "/dev/../dev/./null", O_RDWR);
  CHECK(fd >= 0);
  close(fd);
  CHECK(chdir("/dev") == 0);
  fd = open("zero", O_RDONLY);
  GIVES(read(fd, bytes, 1), 1);
  close(fd);
}

/* With an argument standard input has no end: a console's. */
int main(int argc, char **argv)
{
  (void) argv;
  test_null();
  test_zero();
  test_full();
  test_random("/dev/random", 8);
  test_random("/dev/urandom", 9);
  test_streams(argc == 1);
  test_terminal();
  test_folder();
  return check_finish();
}
