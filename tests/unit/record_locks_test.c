/* Tests of uhyve/record_locks.c: its book agrees with the kernel's, which another process asks. */
#include "uhyve/record_locks.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit_test.h"

static int file;

static int set_up(void **state)
{
  (void) state;
  file = memfd_create("file", MFD_CLOEXEC);
  return file >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
  (void) state;
  record_locks_close(file);
  return 0;
}

static int set(int fd, short type, int64_t start, int64_t len)
{
  return record_locks_set(
      fd, &(struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len});
}

/* How many ranges the kernel has, as another process sees them. */
static int count_of_kernel(void)
{
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0)
  {
    int count = 0;
    struct flock lock;
    int64_t start = 0;
    do
    {
      /* The first that is in the way of bytes from here on; they are in no order beyond that. */
      int64_t nearest = INT64_MAX;
      int64_t next = INT64_MAX;
      for (int64_t at = start; at < 64; at++)
      {
        lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
        if (fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK)
        {
          nearest = lock.l_start;
          next = lock.l_len == 0 ? INT64_MAX : lock.l_start + lock.l_len;
          break;
        }
      }
      count += nearest != INT64_MAX;
      start = next;
    } while (start < 64);
    _exit(count);
  }
  int status;
  assert_int_equal(waitpid(child, &status, 0), child);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

/* How many further ranges may be locked: each a byte far away, and taken back. */
static int count_of_book(void)
{
  int room = 0;
  while (set(file, F_WRLCK, 1000 + 2 * room, 1) == 0)
    room++;
  assert_int_equal(set(file, F_UNLCK, 1000, 0), 0);
  return RECORD_LOCKS_MAX - room;
}

static void books_agree(void **state)
{
  (void) state;
  static const short types[] = {F_RDLCK, F_WRLCK, F_UNLCK};
  srand(1);
  for (int i = 0; i < 40; i++)
  {
    int64_t len = rand() % 12;
    int64_t start = len == 0 ? 52 + rand() % 12 : rand() % 52;
    if (len == 0)
      len = 64 - start;
    assert_int_equal(set(file, types[rand() % 3], start, len), 0);
    assert_int_equal(count_of_book(), count_of_kernel());
  }
}

static void no_more_than_so_many(void **state)
{
  (void) state;
  for (int i = 0; i < RECORD_LOCKS_MAX; i++)
    assert_int_equal(set(file, F_WRLCK, 4 * i, 3), 0);
  assert_int_equal(set(file, F_WRLCK, 4 * RECORD_LOCKS_MAX, 3), -ENOLCK);
  assert_int_equal(set(file, F_UNLCK, 1, 1), -ENOLCK);
  assert_int_equal(set(file, F_UNLCK, 0, 3), 0);
  assert_int_equal(set(file, F_UNLCK, 5, 1), 0);
  assert_int_equal(set(file, F_WRLCK, 0, 1), -ENOLCK);
  assert_int_equal(set(file, F_UNLCK, 0, 0), 0);
  assert_int_equal(set(file, F_WRLCK, 0, 0), 0);
}

static void the_end_of_any_descriptor_is_the_end_of_locks(void **state)
{
  (void) state;
  char path[64];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
  for (int i = 0; i < RECORD_LOCKS_MAX; i++)
    assert_int_equal(set(file, F_WRLCK, 2 * i, 1), 0);
  int only_a_path = open(path, O_PATH | O_CLOEXEC);
  assert_int_equal(record_locks_close(only_a_path), 0);
  assert_int_equal(set(file, F_WRLCK, 2 * RECORD_LOCKS_MAX, 1), -ENOLCK);
  int other_file = memfd_create("other", MFD_CLOEXEC);
  assert_int_equal(record_locks_close(other_file), 0);
  assert_int_equal(set(file, F_WRLCK, 2 * RECORD_LOCKS_MAX, 1), -ENOLCK);
  int same = open(path, O_RDWR | O_CLOEXEC);
  assert_int_equal(record_locks_close(same), 0);
  assert_int_equal(count_of_kernel(), 0);
  assert_int_equal(count_of_book(), 0);
}

static void offsets_that_are_none(void **state)
{
  (void) state;
  assert_int_equal(ftruncate(file, 10), 0);
  assert_int_equal(set(file, F_WRLCK, -1, 1), -EINVAL);
  assert_int_equal(set(file, F_WRLCK, 1, -2), -EINVAL);
  assert_int_equal(set(file, F_WRLCK, 0, -1), -EINVAL);
  assert_int_equal(set(file, F_WRLCK, INT64_MIN, INT64_MIN), -EINVAL);
  assert_int_equal(set(file, F_WRLCK, INT64_MAX, 2), -EOVERFLOW);
  assert_int_equal(set(file, F_WRLCK, INT64_MAX, INT64_MAX), -EOVERFLOW);
  assert_int_equal(set(file, 99, 0, 1), -EINVAL);
  struct flock end = {.l_type = F_WRLCK, .l_whence = SEEK_END, .l_start = INT64_MAX};
  assert_int_equal(record_locks_set(file, &end), -EOVERFLOW);
  end.l_start = -11;
  assert_int_equal(record_locks_set(file, &end), -EINVAL);
  end.l_start = -10;
  assert_int_equal(record_locks_set(file, &end), 0);
  assert_int_equal(set(file, F_WRLCK, INT64_MAX, 1), 0);
  assert_int_equal(set(file, F_WRLCK, 2, -2), 0);
  assert_int_equal(count_of_kernel(), 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(books_agree, set_up, tear_down),
      cmocka_unit_test_setup_teardown(no_more_than_so_many, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_end_of_any_descriptor_is_the_end_of_locks, set_up,
                                      tear_down),
      cmocka_unit_test_setup_teardown(offsets_that_are_none, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
