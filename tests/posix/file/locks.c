/* Record locks of fcntl(), as one process sees them: its own locks never stop it. */
#include "file_check.h"

static int fd;

static int lock(int call, short type, short whence, off_t start, off_t len)
{
  struct flock lock = {.l_type = type, .l_whence = whence, .l_start = start, .l_len = len};
  return fcntl(fd, call, &lock);
}

/* Whether nobody else holds what stops this. */
static bool is_free(short type, off_t start, off_t len)
{
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len};
  return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK && lock.l_start == start &&
         lock.l_len == len;
}

static void test_own(void)
{
  GIVES(lock(F_SETLK, F_WRLCK, SEEK_SET, 0, 0), 0);
  GIVES(lock(F_SETLK, F_WRLCK, SEEK_SET, 0, 0), 0);
  GIVES(lock(F_SETLK, F_RDLCK, SEEK_SET, 10, 10), 0);
  GIVES(lock(F_SETLK, F_UNLCK, SEEK_SET, 12, 3), 0);
  GIVES(lock(F_SETLKW, F_WRLCK, SEEK_SET, 0, 100), 0);
  CHECK(is_free(F_WRLCK, 0, 1) && is_free(F_RDLCK, 5, 50));
  GIVES(lock(F_SETLK, F_UNLCK, SEEK_SET, 0, 0), 0);
  GIVES(lock(F_SETLK, F_UNLCK, SEEK_SET, 0, 0), 0);
}

/* Also by another descriptor: locks are the process's. */
static void test_two_descriptors(void)
{
  int first = fd;
  GIVES(lock(F_SETLK, F_WRLCK, SEEK_SET, 0, 50), 0);
  fd = open("file", O_RDWR);
  CHECK(is_free(F_WRLCK, 0, 50));
  GIVES(lock(F_SETLK, F_WRLCK, SEEK_SET, 25, 50), 0);
  close(fd);
  fd = first;
  GIVES(lock(F_SETLK, F_UNLCK, SEEK_SET, 0, 0), 0);
}

static void test_ranges(void)
{
  CHECK(lseek(fd, 50, SEEK_SET) == 50);
  GIVES(lock(F_SETLK, F_WRLCK, SEEK_CUR, -50, 10), 0);
  GIVES(lock(F_SETLK, F_WRLCK, SEEK_END, -10, 20), 0);
  GIVES(lock(F_SETLK, F_WRLCK, SEEK_SET, 60, -10), 0);
  GIVES(lock(F_SETLK, F_WRLCK, SEEK_SET, 1l << 40, 0), 0);
  GIVES(lock(F_SETLK, F_WRLCK, SEEK_SET, INT64_MAX, 1), 0);
  GIVES(lock(F_SETLK, F_UNLCK, SEEK_SET, 0, 0), 0);
  FAILS(lock(F_SETLK, F_WRLCK, SEEK_SET, -1, 10), EINVAL);
  FAILS(lock(F_SETLK, F_WRLCK, SEEK_CUR, -51, 10), EINVAL);
  FAILS(lock(F_SETLK, F_WRLCK, SEEK_SET, 5, -10), EINVAL);
  FAILS(lock(F_SETLK, F_WRLCK, SEEK_SET, INT64_MAX, 2), EOVERFLOW);
  FAILS(lock(F_SETLK, F_WRLCK, 17, 0, 0), EINVAL);
  FAILS(lock(F_SETLK, 17, SEEK_SET, 0, 0), EINVAL);
  FAILS(lock(F_GETLK, F_UNLCK, SEEK_SET, 0, 0), EINVAL);
}

static void test_modes(void)
{
  int both = fd;
  fd = open("file", O_RDONLY);
  GIVES(lock(F_SETLK, F_RDLCK, SEEK_SET, 0, 1), 0);
  FAILS(lock(F_SETLK, F_WRLCK, SEEK_SET, 0, 1), EBADF);
  GIVES(lock(F_GETLK, F_WRLCK, SEEK_SET, 0, 1), 0);
  close(fd);
  fd = open("file", O_WRONLY);
  GIVES(lock(F_SETLK, F_WRLCK, SEEK_SET, 0, 1), 0);
  FAILS(lock(F_SETLK, F_RDLCK, SEEK_SET, 0, 1), EBADF);
  close(fd);
  FAILS(lock(F_SETLK, F_WRLCK, SEEK_SET, 0, 1), EBADF);
  FAILS(lock(F_GETLK, F_WRLCK, SEEK_SET, 0, 1), EBADF);
  fd = both;
}

/* Many pieces, as a data base has them. */
static void test_many(void)
{
  for (int i = 0; i < 200; i++)
    if (lock(F_SETLK, i % 3 == 0 ? F_RDLCK : F_WRLCK, SEEK_SET, i * 10, 5) != 0)
      CHECK(false);
  GIVES(lock(F_SETLK, F_WRLCK, SEEK_SET, 100, 1000), 0);
  GIVES(lock(F_SETLK, F_UNLCK, SEEK_SET, 0, 0), 0);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  fd = open("file", O_RDWR | O_CREAT, 0600);
  CHECK(ftruncate(fd, 100) == 0);
  test_own();
  test_two_descriptors();
  test_ranges();
  test_modes();
  test_many();
  close(fd);
  return leave_folder();
}
