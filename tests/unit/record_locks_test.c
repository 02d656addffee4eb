/* Tests of uhyve/record_locks.c: it allows what the kernel allows, and as many as there may be. */
#include "uhyve/record_locks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit_test.h"

static int open_again(int fd, int flags)
{
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  return open(path, flags | O_CLOEXEC);
}

static int new_file(void)
{
  int fd = memfd_create("locked", MFD_CLOEXEC);
  assert_true(fd >= 0);
  assert_int_equal(ftruncate(fd, 1000), 0);
  return fd;
}

static void close_file(int fd)
{
  record_locks_forget(fd);
  close(fd);
}

static int set(int fd, short kind, int64_t begin, int64_t len)
{
  const struct flock lock = {.l_type = kind, .l_start = begin, .l_len = len};
  return record_locks_set(fd, &lock);
}

/* What another process sees at an offset. */
static short seen(int fd, int64_t offset)
{
  int status;
  pid_t child = fork();
  if (child == 0)
  {
    struct flock lock = {.l_type = F_WRLCK, .l_start = offset, .l_len = 1};
    _exit(fcntl(fd, F_GETLK, &lock) == 0 ? lock.l_type : 99);
  }
  assert_int_equal(waitpid(child, &status, 0), child);
  return (short) WEXITSTATUS(status);
}

static void locks_are_the_kernels(void **state)
{
  (void) state;
  int fd = new_file();
  assert_int_equal(set(fd, F_WRLCK, 100, 100), 0);
  assert_int_equal(set(fd, F_RDLCK, 150, 10), 0);
  assert_int_equal(set(fd, F_UNLCK, 120, -10), 0);
  assert_int_equal(seen(fd, 109), F_WRLCK);
  assert_int_equal(seen(fd, 110), F_UNLCK);
  assert_int_equal(seen(fd, 119), F_UNLCK);
  assert_int_equal(seen(fd, 120), F_WRLCK);
  assert_int_equal(seen(fd, 155), F_RDLCK);
  assert_int_equal(seen(fd, 160), F_WRLCK);
  const struct flock from_end = {.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = -1};
  assert_int_equal(record_locks_set(fd, &from_end), 0);
  assert_int_equal(seen(fd, 998), F_UNLCK);
  assert_int_equal(seen(fd, 999), F_WRLCK);
  assert_int_equal(seen(fd, INT64_MAX - 1), F_WRLCK);
  close_file(fd);
}

static void wrong_ranges_are_refused(void **state)
{
  (void) state;
  int fd = new_file();
  assert_int_equal(set(fd, F_WRLCK, -1, 1), -EINVAL);
  assert_int_equal(set(fd, F_WRLCK, 5, -6), -EINVAL);
  assert_int_equal(set(fd, F_WRLCK, INT64_MIN, INT64_MIN), -EINVAL);
  assert_int_equal(set(fd, F_WRLCK, 5, INT64_MAX), -EOVERFLOW);
  assert_int_equal(set(fd, 77, 0, 1), -EINVAL);
  assert_int_equal(set(-1, F_WRLCK, 0, 1), -EBADF);
  int reader = open_again(fd, O_RDONLY);
  assert_int_equal(set(reader, F_WRLCK, 0, 1), -EBADF);
  assert_int_equal(set(fd, F_WRLCK, 5, INT64_MAX - 4), 0);
  close_file(reader);
  close_file(fd);
}

/* Locks every second byte until that is refused. */
static int64_t fill(int fd)
{
  int64_t count = 0;
  int error = 0;
  while (error == 0 && count <= RECORD_LOCKS_MAX)
  {
    error = set(fd, F_RDLCK, 2 * count, 1);
    count += error == 0;
  }
  assert_int_equal(error, -ENOLCK);
  return count;
}

static void there_is_a_limit(void **state)
{
  (void) state;
  int fd = new_file();
  assert_int_equal(fill(fd), RECORD_LOCKS_MAX);
  /* What makes no more of them goes on. */
  assert_int_equal(set(fd, F_RDLCK, 2, 1), 0);
  assert_int_equal(set(fd, F_WRLCK, 4, 1), 0);
  assert_int_equal(set(fd, F_UNLCK, 6, 1), 0);
  assert_int_equal(set(fd, F_WRLCK, 6, 1), 0);
  assert_int_equal(set(fd, F_WRLCK, 0, 0), 0);
  for (int64_t i = 0; i < RECORD_LOCKS_MAX - 1; i++)
    assert_int_equal(set(fd, F_UNLCK, 2 * i + 1, 1), 0);
  assert_int_equal(set(fd, F_UNLCK, 2 * RECORD_LOCKS_MAX + 1, 1), -ENOLCK);
  assert_int_equal(set(fd, F_UNLCK, 0, 0), 0);
  assert_int_equal(fill(fd), RECORD_LOCKS_MAX);
  close_file(fd);
}

/* Ranges side by side are one. */
static void neighbours_count_once(void **state)
{
  (void) state;
  int fd = new_file();
  for (int64_t i = 0; i < 2 * RECORD_LOCKS_MAX; i++)
    assert_int_equal(set(fd, F_WRLCK, i, 1), 0);
  for (int64_t i = 0; i < 2 * RECORD_LOCKS_MAX; i++)
    assert_int_equal(set(fd, F_UNLCK, i, 1), 0);
  assert_int_equal(fill(fd), RECORD_LOCKS_MAX);
  close_file(fd);
}

static void they_go_with_the_file(void **state)
{
  (void) state;
  int fd = new_file();
  int other = new_file();
  assert_int_equal(set(other, F_RDLCK, 0, 1), 0);
  assert_int_equal(fill(fd), RECORD_LOCKS_MAX - 1);
  close_file(open_again(fd, O_PATH));
  assert_int_equal(set(fd, F_RDLCK, 1000000, 1), -ENOLCK);
  close_file(open_again(fd, O_RDONLY));
  assert_int_equal(seen(fd, 2), F_UNLCK);
  assert_int_equal(seen(other, 0), F_RDLCK);
  assert_int_equal(fill(fd), RECORD_LOCKS_MAX - 1);
  close_file(fd);
  close_file(other);
}

/* Thousands of changes: where the kernel has a lock the account has one of that kind. */
static void accounts_agree_with_the_kernel(void **state)
{
  (void) state;
  enum
  {
    BYTES = 24
  };
  static const short kinds[] = {F_RDLCK, F_WRLCK, F_UNLCK};
  short expected[BYTES];
  uint64_t seed = 7;
  int fd = new_file();
  for (int i = 0; i < BYTES; i++)
    expected[i] = F_UNLCK;
  for (int round = 0; round < 5000; round++)
  {
    int begin = (int) (random_next(&seed) % BYTES);
    int len = 1 + (int) (random_next(&seed) % (uint64_t) (BYTES - begin));
    short kind = kinds[random_next(&seed) % 3];
    assert_int_equal(set(fd, kind, begin, len), 0);
    for (int i = begin; i < begin + len; i++)
      expected[i] = kind;
  }
  for (int i = 0; i < BYTES; i++)
    assert_int_equal(seen(fd, i), expected[i]);
  assert_int_equal(set(fd, F_UNLCK, 0, BYTES), 0);
  assert_int_equal(fill(fd), RECORD_LOCKS_MAX);
  close_file(fd);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(locks_are_the_kernels), cmocka_unit_test(wrong_ranges_are_refused),
      cmocka_unit_test(there_is_a_limit),      cmocka_unit_test(neighbours_count_once),
      cmocka_unit_test(they_go_with_the_file), cmocka_unit_test(accounts_agree_with_the_kernel),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
