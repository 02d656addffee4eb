/* Tests of uhyve/file_open.c: what is opened and made, what is refused, and that no device, FIFO or
 * file outside is ever touched. */
#include "uhyve/file_open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "scratch.h"
#include "unit_test.h"

/* outer/ is outside of the mapping, root/. */
static struct scratch scratch;
static struct mapping mapping;
static struct mapping read_only;
static struct mapping file_mapping;

static int set_up(void **state)
{
  (void) state;
  scratch_create(&scratch);
  scratch_folder(&scratch, "outer");
  scratch_file(&scratch, "outer/secret", "out");
  scratch_folder(&scratch, "root");
  scratch_folder(&scratch, "root/folder");
  scratch_file(&scratch, "root/file", "content");
  scratch_link(&scratch, "root/link", "file");
  scratch_link(&scratch, "root/to-folder", "folder");
  mapping = (struct mapping){.fd = scratch_open(&scratch, "root"), .folder = true};
  read_only = mapping;
  read_only.read_only = true;
  file_mapping = (struct mapping){.fd = scratch_open(&scratch, "root/file")};
  return 0;
}

static int tear_down(void **state)
{
  (void) state;
  close(mapping.fd);
  close(file_mapping.fd);
  scratch_remove(&scratch);
  return 0;
}

static int open_in(const struct mapping *where, const char *path, int flags)
{
  struct stat status = {0};
  int fd = file_open(where, path, flags, 06640, &status);
  struct stat found;
  if (fd < 0)
    return fd;
  assert_int_equal(fstat(fd, &found), 0);
  assert_int_equal(found.st_ino, status.st_ino);
  assert_int_equal(found.st_size, status.st_size);
  assert_int_not_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  if ((flags & O_PATH) == 0)
    assert_int_not_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
  close(fd);
  return 0;
}

#define OPENS(path, flags)          assert_int_equal(open_in(&mapping, path, flags), 0)
#define REFUSES(error, path, flags) assert_int_equal(open_in(&mapping, path, flags), -(error))

static void existing_files(void **state)
{
  (void) state;
  OPENS("file", O_RDONLY);
  OPENS("file", O_RDWR | O_CREAT);
  OPENS("link", O_WRONLY);
  OPENS("/file", O_RDONLY | O_SYNC | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  OPENS("folder", O_RDONLY);
  OPENS("folder/", O_RDONLY | O_DIRECTORY);
  OPENS("", O_RDONLY | O_DIRECTORY);
  OPENS("..", O_RDONLY);
  REFUSES(ENOENT, "none", O_RDONLY);
  REFUSES(ENOTDIR, "file/x", O_RDONLY);
  REFUSES(ENOTDIR, "file/", O_RDONLY);
  REFUSES(ENOTDIR, "file", O_RDONLY | O_DIRECTORY);
  REFUSES(ELOOP, "link", O_RDONLY | O_NOFOLLOW);
  REFUSES(EISDIR, "folder", O_WRONLY);
  REFUSES(EISDIR, "folder", O_RDWR);
  REFUSES(EISDIR, "folder", O_RDONLY | O_CREAT);
  REFUSES(EISDIR, "", O_RDONLY | O_CREAT);
  REFUSES(EISDIR, "folder/", O_RDONLY | O_CREAT);
  REFUSES(EISDIR, "file/", O_RDONLY | O_CREAT);
  REFUSES(EEXIST, "file", O_RDONLY | O_CREAT | O_EXCL);
  REFUSES(EEXIST, "folder", O_RDONLY | O_CREAT | O_EXCL);
  REFUSES(EEXIST, "link", O_RDONLY | O_CREAT | O_EXCL);
  REFUSES(EINVAL, "x", O_RDONLY | O_CREAT | O_DIRECTORY);
  assert_int_equal(scratch_stat(&scratch, "root/file").st_size, strlen("content"));
  OPENS("link", O_WRONLY | O_TRUNC);
  assert_int_equal(scratch_stat(&scratch, "root/file").st_size, 0);
}

static void new_files(void **state)
{
  (void) state;
  mode_t mask = umask(0);
  OPENS("new", O_WRONLY | O_CREAT);
  assert_int_equal(scratch_stat(&scratch, "root/new").st_mode, S_IFREG | 0640);
  OPENS("to-folder/new", O_RDWR | O_CREAT | O_EXCL);
  assert_int_equal(scratch_stat(&scratch, "root/folder/new").st_mode, S_IFREG | 0640);
  REFUSES(ENOENT, "none/new", O_WRONLY | O_CREAT);
  REFUSES(ENOTDIR, "file/new", O_WRONLY | O_CREAT);
  REFUSES(EISDIR, "other/", O_WRONLY | O_CREAT);
  REFUSES(ENOENT, "none/other/", O_WRONLY | O_CREAT);
  OPENS("folder", O_RDWR | O_TMPFILE);
  REFUSES(ENOENT, "none", O_RDWR | O_TMPFILE);
  REFUSES(EINVAL, "folder", O_RDONLY | O_TMPFILE);
  umask(mask);
}

/* Through a symbolic link to nowhere the file it names is made, inside. */
static void links_to_nowhere(void **state)
{
  (void) state;
  scratch_link(&scratch, "root/dangling", "folder/made");
  scratch_link(&scratch, "root/folder/chain", "../dangling2");
  scratch_link(&scratch, "root/dangling2", "/made2");
  scratch_link(&scratch, "root/out", "../outer");
  scratch_link(&scratch, "root/out2", "../outer2");
  scratch_link(&scratch, "root/bad", "none/made");
  scratch_link(&scratch, "root/loop", "loop");
  REFUSES(ENOENT, "dangling", O_WRONLY);
  REFUSES(EEXIST, "dangling", O_WRONLY | O_CREAT | O_EXCL);
  REFUSES(ELOOP, "dangling", O_WRONLY | O_CREAT | O_NOFOLLOW);
  OPENS("dangling", O_WRONLY | O_CREAT);
  assert_true(S_ISREG(scratch_stat(&scratch, "root/folder/made").st_mode));
  OPENS("folder/chain", O_WRONLY | O_CREAT);
  assert_true(S_ISREG(scratch_stat(&scratch, "root/made2").st_mode));
  REFUSES(ENOENT, "bad", O_WRONLY | O_CREAT);
  REFUSES(ELOOP, "loop", O_WRONLY | O_CREAT);
  REFUSES(EEXIST, "loop", O_WRONLY | O_CREAT | O_EXCL);
  REFUSES(ENOTDIR, "loop", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  REFUSES(ENOTDIR, "to-folder", O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  REFUSES(ENOTDIR, "to-folder", O_PATH | O_DIRECTORY | O_NOFOLLOW);
  /* The name is outer and outer2, but in the mapping. */
  OPENS("out2", O_WRONLY | O_CREAT);
  assert_true(S_ISREG(scratch_stat(&scratch, "root/outer2").st_mode));
  OPENS("out", O_WRONLY | O_CREAT);
  assert_true(S_ISREG(scratch_stat(&scratch, "root/outer").st_mode));
  assert_true(S_ISDIR(scratch_stat(&scratch, "outer").st_mode));
}

/* A writer that does not wait could open the FIFO if somebody had it open for reading. */
static void nothing_but_files_and_folders(void **state)
{
  (void) state;
  static const char *const names[] = {"fifo", "socket", "device", "/fifo", "to-fifo"};
  static const int flags[] = {O_RDONLY, O_WRONLY, O_RDWR, O_RDWR | O_CREAT, O_WRONLY | O_TRUNC};
  assert_int_equal(mkfifoat(mapping.fd, "fifo", 0600), 0);
  scratch_link(&scratch, "root/to-fifo", "fifo");
  int fifo = openat(mapping.fd, "fifo", O_RDONLY | O_NONBLOCK);
  assert_true(fifo >= 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof(address.sun_path), "%s/root/socket", scratch.path);
  int listening = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(bind(listening, (struct sockaddr *) &address, sizeof(address)), 0);
  bool has_device = mknodat(mapping.fd, "device", S_IFCHR | 0600, 0x103) == 0;
  for (size_t i = 0; i < COUNT_OF(names); i++)
  {
    for (size_t k = 0; k < COUNT_OF(flags); k++)
    {
      if (has_device || strcmp(names[i], "device") != 0)
        REFUSES(ENXIO, names[i], flags[k]);
    }
    if (has_device || strcmp(names[i], "device") != 0)
      OPENS(names[i], O_PATH);
  }
  OPENS("link", O_PATH | O_NOFOLLOW);
  char nothing;
  assert_int_equal(read(fifo, &nothing, 1), 0);
  close(listening);
  close(fifo);
}

static void read_only_mappings_stay_as_they_are(void **state)
{
  (void) state;
  static const int changing[] = {O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_ACCMODE, O_RDWR | O_CREAT};
  for (size_t i = 0; i < COUNT_OF(changing); i++)
    assert_int_equal(open_in(&read_only, "file", changing[i]), -EROFS);
  assert_int_equal(open_in(&read_only, "file", O_RDONLY | O_CREAT), 0);
  assert_int_equal(open_in(&read_only, "file", O_RDONLY | O_CREAT | O_EXCL), -EEXIST);
  assert_int_equal(open_in(&read_only, "folder", O_WRONLY), -EISDIR);
  assert_int_equal(open_in(&read_only, "new", O_WRONLY), -ENOENT);
  assert_int_equal(open_in(&read_only, "new", O_RDONLY | O_CREAT), -EROFS);
  assert_int_equal(open_in(&read_only, "new", O_WRONLY | O_CREAT | O_EXCL), -EROFS);
  assert_int_equal(open_in(&read_only, "none/new", O_WRONLY | O_CREAT), -ENOENT);
  assert_int_equal(open_in(&read_only, "folder", O_RDWR | O_TMPFILE), -EROFS);
  assert_int_equal(open_in(&mapping, "new", O_RDONLY), -ENOENT);
  assert_int_equal(scratch_stat(&scratch, "root/file").st_size, strlen("content"));
}

/* No way into the memory of the process that serves the guest. */
static void proc_is_for_reading(void **state)
{
  (void) state;
  struct mapping proc = {.fd = open("/proc", O_PATH | O_DIRECTORY), .folder = true};
  assert_true(proc.fd >= 0);
  assert_int_equal(open_in(&proc, "self/mem", O_RDWR), -EACCES);
  assert_int_equal(open_in(&proc, "thread-self/mem", O_WRONLY | O_CREAT), -EACCES);
  assert_int_equal(open_in(&proc, "self/fd/0", O_RDONLY), -ELOOP);
  assert_int_equal(open_in(&proc, "self/exe", O_RDONLY), -ELOOP);
  assert_int_equal(open_in(&proc, "version", O_RDONLY), 0);
  close(proc.fd);
}

static void a_file_may_be_a_mapping(void **state)
{
  (void) state;
  assert_int_equal(open_in(&file_mapping, "", O_RDWR), 0);
  assert_int_equal(open_in(&file_mapping, "", O_PATH), 0);
  assert_int_equal(open_in(&file_mapping, "", O_RDWR | O_CREAT), 0);
  assert_int_equal(open_in(&file_mapping, "", O_RDWR | O_CREAT | O_EXCL), -EEXIST);
  assert_int_equal(open_in(&file_mapping, "", O_RDONLY | O_DIRECTORY), -ENOTDIR);
  assert_int_equal(open_in(&file_mapping, "", O_RDWR | O_TMPFILE), -ENOTDIR);
  static const char *const wrong[] = {"x", "..", "/", ".", "../folder"};
  for (size_t i = 0; i < COUNT_OF(wrong); i++)
  {
    assert_int_equal(open_in(&file_mapping, wrong[i], O_RDONLY), -ENOTDIR);
    assert_int_equal(open_in(&file_mapping, wrong[i], O_PATH), -ENOTDIR);
    assert_true(open_in(&file_mapping, wrong[i], O_RDWR | O_CREAT) < 0);
  }
  file_mapping.read_only = true;
  assert_int_equal(open_in(&file_mapping, "", O_RDWR), -EROFS);
  assert_int_equal(open_in(&file_mapping, "", O_RDONLY), 0);
}

/* ---- What takes the place of a file while it is opened ---- */

static atomic_bool is_over;

/* root/swap is by turns a file, a FIFO, and a symbolic link that leads out. */
static void *swap(void *argument)
{
  static const char *const others[] = {"root/one", "root/two"};
  for (unsigned int i = 0; !atomic_load(&is_over); i++)
  {
    if (renameat2(scratch.fd, "root/swap", scratch.fd, others[i % 2], RENAME_EXCHANGE) != 0)
      return "cannot rename";
  }
  return argument;
}

static time_t now_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

static void swaps_give_no_way_out(void **state)
{
  (void) state;
  pthread_t thread;
  void *wrong;
  unsigned int opened = 0, refused = 0;
  scratch_file(&scratch, "root/swap", "inside");
  scratch_link(&scratch, "root/one", "../outer/secret");
  assert_int_equal(mkfifoat(mapping.fd, "two", 0600), 0);
  struct stat inside = scratch_stat(&scratch, "root/swap");
  atomic_store(&is_over, false);
  assert_int_equal(pthread_create(&thread, NULL, swap, NULL), 0);
  const time_t end_s = now_s() + 60;
  for (unsigned int i = 0; (opened < 300 || refused < 300) && now_s() < end_s; i++)
  {
    struct stat status;
    int fd = file_open(&mapping, "swap", i % 2 == 0 ? O_RDWR : O_RDWR | O_CREAT, 0600, &status);
    refused += fd < 0;
    if (fd == -ENXIO || fd == -ENOENT || fd == -EEXIST)
      continue;
    assert_true(fd >= 0);
    opened++;
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_ino, inside.st_ino);
    close(fd);
  }
  atomic_store(&is_over, true);
  assert_int_equal(pthread_join(thread, &wrong), 0);
  assert_null(wrong);
  assert_true(opened > 0 && refused > 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(existing_files, set_up, tear_down),
      cmocka_unit_test_setup_teardown(new_files, set_up, tear_down),
      cmocka_unit_test_setup_teardown(links_to_nowhere, set_up, tear_down),
      cmocka_unit_test_setup_teardown(nothing_but_files_and_folders, set_up, tear_down),
      cmocka_unit_test_setup_teardown(read_only_mappings_stay_as_they_are, set_up, tear_down),
      cmocka_unit_test(proc_is_for_reading),
      cmocka_unit_test_setup_teardown(a_file_may_be_a_mapping, set_up, tear_down),
      cmocka_unit_test_setup_teardown(swaps_give_no_way_out, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
