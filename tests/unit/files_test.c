/* Tests of uhyve/files.c: handles, their end, and what happens to a file that is closed in use. */
#include "uhyve/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit_test.h"

static struct files files;

static int set_up(void **state)
{
  (void) state;
  files_init(&files, INT_MAX);
  return 0;
}

static int tear_down(void **state)
{
  (void) state;
  files_destroy(&files);
  return 0;
}

static int new_fd(void)
{
  int fd = memfd_create("file", MFD_CLOEXEC);
  assert_true(fd >= 0);
  return fd;
}

static bool is_open(int fd)
{
  return fcntl(fd, F_GETFD) >= 0;
}

static void last_descriptors_are_left(void **state)
{
  (void) state;
  int fd = new_fd();
  files.fds_end = fd;
  assert_int_equal(files_add(&files, fd, false), -EMFILE);
  assert_false(is_open(fd));
  assert_int_equal(new_fd(), fd);
  files.fds_end = fd + 1;
  assert_int_equal(files_add(&files, fd, false), FILES_FIRST);
}

static void handles_are_not_descriptors(void **state)
{
  (void) state;
  int fd = new_fd();
  int other_fd = new_fd();
  assert_int_equal(files_add(&files, fd, false), FILES_FIRST);
  assert_int_equal(files_add(&files, other_fd, true), FILES_FIRST + 1);
  struct file *file = files_take(&files, FILES_FIRST + 1);
  assert_non_null(file);
  assert_int_equal(file->fd, other_fd);
  assert_true(file->read_only);
  files_give_back(&files, file);
  assert_int_equal(files_close(&files, FILES_FIRST), 0);
  assert_false(is_open(fd));
  assert_true(is_open(other_fd));
  assert_null(files_take(&files, FILES_FIRST));
  assert_int_equal(files_close(&files, FILES_FIRST), -EBADF);
  /* A number is used again when it is free. */
  assert_int_equal(files_add(&files, new_fd(), false), FILES_FIRST);
  assert_int_equal(files_add(&files, new_fd(), false), FILES_FIRST + 2);
}

static void any_number_may_be_asked_for(void **state)
{
  (void) state;
  const int64_t wrong[] = {-1,        0,       1,         2,         FILES_FIRST + 1, FILES_MAX - 1,
                           FILES_MAX, INT_MAX, INT64_MAX, INT64_MIN, INT_MIN};
  for (unsigned int round = 0; round < 2; round++)
  {
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
    {
      assert_null(files_take(&files, wrong[i]));
      assert_int_equal(files_close(&files, wrong[i]), -EBADF);
    }
    assert_int_equal(files_add(&files, new_fd(), false), FILES_FIRST + (int) round);
    assert_int_equal(files_close(&files, FILES_FIRST + 1), round == 0 ? -EBADF : 0);
  }
}

static void the_table_has_an_end(void **state)
{
  (void) state;
  /* No descriptor stands behind these. */
  for (int handle = FILES_FIRST; handle < FILES_MAX; handle++)
    assert_int_equal(files_add(&files, -1, false), handle);
  int fd = new_fd();
  assert_int_equal(files_add(&files, fd, false), -EMFILE);
  assert_false(is_open(fd));
  assert_int_equal(files_close(&files, 1000), 0);
  assert_int_equal(files_add(&files, new_fd(), false), 1000);
  fd = new_fd();
  assert_int_equal(files_add(&files, fd, false), -EMFILE);
  assert_int_equal(files_close(&files, 1000), 0);
}

static void a_file_in_use_stays_open(void **state)
{
  (void) state;
  int fd = new_fd();
  int handle = files_add(&files, fd, false);
  struct file *file = files_take(&files, handle);
  struct file *again = files_take(&files, handle);
  assert_int_equal(files_close(&files, handle), 0);
  assert_true(is_open(fd));
  assert_null(files_take(&files, handle));
  assert_int_equal(files_close(&files, handle), -EBADF);
  /* Nor is its entry used for another. */
  assert_int_not_equal(files_add(&files, new_fd(), false), handle);
  files_give_back(&files, again);
  assert_true(is_open(fd));
  files_give_back(&files, file);
  assert_false(is_open(fd));
  assert_int_equal(files_add(&files, new_fd(), false), handle);
}

/* ---- Readers of a handle that another thread closes and opens again and again ---- */

static atomic_bool is_over;
static atomic_uint taken;

/* Returns what is wrong. */
static const char *read_from(const struct file *file)
{
  struct stat before, after;
  char content;
  int fd = file->fd;
  if (fstat(fd, &before) != 0 || pread(fd, &content, 1, 0) != 1 || fstat(fd, &after) != 0)
    return "the descriptor was closed";
  if (before.st_ino != after.st_ino || file->fd != fd)
    return "the descriptor became another file's";
  return NULL;
}

static void *read_on(void *unused)
{
  const char *wrong = NULL;
  (void) unused;
  while (wrong == NULL && !atomic_load(&is_over))
  {
    struct file *file = files_take(&files, FILES_FIRST);
    if (file == NULL)
      continue;
    atomic_fetch_add(&taken, 1);
    wrong = read_from(file);
    files_give_back(&files, file);
  }
  atomic_store(&is_over, true);
  return (void *) (uintptr_t) wrong;
}

static void closing_does_not_disturb_readers(void **state)
{
  (void) state;
  pthread_t readers[2];
  for (size_t i = 0; i < COUNT_OF(readers); i++)
    assert_int_equal(pthread_create(&readers[i], NULL, read_on, NULL), 0);
  for (unsigned int i = 0; i < 1000 && !atomic_load(&is_over); i++)
  {
    int fd = new_fd();
    assert_int_equal(write(fd, "x", 1), 1);
    unsigned int before = atomic_load(&taken);
    int handle = files_add(&files, fd, false);
    assert_true(handle >= FILES_FIRST && handle < FILES_FIRST + 4);
    /* Some are closed while somebody reads them for certain, or has just done so. */
    while (i % 2 == 0 && handle == FILES_FIRST && atomic_load(&taken) == before &&
           !atomic_load(&is_over))
      sched_yield();
    assert_int_equal(files_close(&files, handle), 0);
  }
  atomic_store(&is_over, true);
  for (size_t i = 0; i < COUNT_OF(readers); i++)
  {
    void *wrong;
    assert_int_equal(pthread_join(readers[i], &wrong), 0);
    if (wrong != NULL)
      fail_msg("%s", (const char *) wrong);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(handles_are_not_descriptors, set_up, tear_down),
      cmocka_unit_test_setup_teardown(last_descriptors_are_left, set_up, tear_down),
      cmocka_unit_test_setup_teardown(any_number_may_be_asked_for, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_table_has_an_end, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_file_in_use_stays_open, set_up, tear_down),
      cmocka_unit_test_setup_teardown(closing_does_not_disturb_readers, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
