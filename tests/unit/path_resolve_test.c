/* Tests of uhyve/path_resolve.c: nothing outside a folder is reached, whatever a path, its symbolic
 * links and others who rename at the same time do. */
#include "uhyve/path_resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hypercalls/hypercalls.h"
#include "scratch.h"
#include "unit_test.h"

/* secret and outer/ are outside of root/, which has the same names inside. */
static struct scratch scratch;
static int root_fd;

static int set_up(void **state)
{
  (void) state;
  scratch_create(&scratch);
  scratch_file(&scratch, "secret", "out");
  scratch_folder(&scratch, "outer");
  scratch_file(&scratch, "outer/secret", "out");
  scratch_folder(&scratch, "root");
  scratch_file(&scratch, "root/secret", "in");
  scratch_folder(&scratch, "root/a");
  scratch_folder(&scratch, "root/a/b");
  scratch_file(&scratch, "root/a/b/file", "in");
  root_fd = scratch_open(&scratch, "root");
  return 0;
}

static int tear_down(void **state)
{
  (void) state;
  close(root_fd);
  scratch_remove(&scratch);
  return 0;
}

static int resolve(const char *path)
{
  return path_open(root_fd, path, O_PATH, 0);
}

static void assert_leads_to(const char *path, const char *expected)
{
  struct stat wanted = scratch_stat(&scratch, expected);
  struct stat found;
  int fd = resolve(path);
  if (fd < 0)
    fail_msg("%s: %s", path, strerror(-fd));
  assert_int_equal(fstat(fd, &found), 0);
  close(fd);
  if (wanted.st_ino != found.st_ino || wanted.st_dev != found.st_dev)
    fail_msg("%s does not lead to %s", path, expected);
}

static void paths_stay_inside(void **state)
{
  (void) state;
  assert_leads_to("", "root");
  assert_leads_to(".", "root");
  assert_leads_to("..", "root");
  assert_leads_to("../..", "root");
  assert_leads_to("/", "root");
  assert_leads_to("a/../..", "root");
  assert_leads_to("../secret", "root/secret");
  assert_leads_to("a/b/../../../../secret", "root/secret");
  assert_leads_to("/secret", "root/secret");
  assert_leads_to("//a//b/./file", "root/a/b/file");
  assert_leads_to("a/b/", "root/a/b");
  assert_int_equal(resolve("../outer"), -ENOENT);
  assert_int_equal(resolve("a/../../outer/secret"), -ENOENT);
  assert_int_equal(resolve("secret/"), -ENOTDIR);
  assert_int_equal(resolve("secret/.."), -ENOTDIR);
  assert_int_equal(resolve("none/.."), -ENOENT);
}

static void links_stay_inside(void **state)
{
  (void) state;
  char absolute[128];
  snprintf(absolute, sizeof(absolute), "%s/secret", scratch.path);
  scratch_link(&scratch, "root/up", "..");
  scratch_link(&scratch, "root/far-up", "../../../../../..");
  scratch_link(&scratch, "root/a/b/out", "../../../outer");
  scratch_link(&scratch, "root/host", absolute);
  scratch_link(&scratch, "root/slash", "/");
  scratch_link(&scratch, "root/absolute", "/a/b/file");
  scratch_link(&scratch, "root/loop", "loop");
  scratch_link(&scratch, "root/magic", "/proc/self/cwd");
  assert_leads_to("up", "root");
  assert_leads_to("up/secret", "root/secret");
  assert_leads_to("far-up/secret", "root/secret");
  assert_leads_to("slash/a", "root/a");
  assert_leads_to("absolute", "root/a/b/file");
  assert_int_equal(resolve("a/b/out"), -ENOENT);
  assert_int_equal(resolve("a/b/out/secret"), -ENOENT);
  assert_int_equal(resolve("host"), -ENOENT);
  assert_int_equal(resolve("loop"), -ELOOP);
  assert_int_equal(resolve("magic"), -ENOENT);
}

/* The links of /proc lead where no path does. */
static void magic_links_are_not_followed(void **state)
{
  (void) state;
  int proc_fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  assert_true(proc_fd >= 0);
  assert_int_equal(path_open(proc_fd, "self/root/etc", O_PATH, 0), -ELOOP);
  assert_int_equal(path_open(proc_fd, "self/cwd", O_PATH, 0), -ELOOP);
  int fd = path_open(proc_fd, "self/cwd", O_PATH | O_NOFOLLOW, 0);
  assert_true(fd >= 0);
  close(fd);
  close(proc_fd);
}

static void assert_place(const char *path, const char *folder, const char *name, size_t name_bytes)
{
  struct path_place place;
  struct stat wanted = scratch_stat(&scratch, folder);
  struct stat found;
  assert_int_equal(path_find_place(root_fd, path, &place), 0);
  assert_int_equal(fstat(place.folder_fd, &found), 0);
  assert_int_equal(found.st_ino, wanted.st_ino);
  assert_string_equal(place.name, name);
  assert_int_equal(place.name_bytes, name_bytes);
  path_leave_place(&place);
}

static void places_are_folder_and_name(void **state)
{
  (void) state;
  struct path_place place;
  scratch_link(&scratch, "root/out", "../outer");
  assert_place("", "root", "", 0);
  assert_place("/", "root", "", 0);
  assert_place("///", "root", "", 0);
  assert_place("name", "root", "name", 4);
  assert_place("name//", "root", "name//", 4);
  assert_place("/name", "root", "name", 4);
  assert_place("a/b/none", "root/a/b", "none", 4);
  assert_place("a//b/", "root/a", "b/", 1);
  assert_place("a/..", "root/a", "..", 2);
  assert_place("..", "root", "..", 2);
  assert_place("../../x", "root", "x", 1);
  assert_place("out", "root", "out", 3);
  assert_int_equal(path_find_place(root_fd, "out/x", &place), -ENOENT);
  assert_int_equal(path_find_place(root_fd, "secret/x", &place), -ENOTDIR);
  assert_int_equal(path_find_place(root_fd, "none/x", &place), -ENOENT);
}

/* What the calls that act on a place do with names that are none: nothing leads to the parent. */
static void special_names_are_refused(void **state)
{
  (void) state;
  struct path_place place;
  assert_int_equal(path_find_place(root_fd, "..", &place), 0);
  assert_int_equal(mkdirat(place.folder_fd, place.name, 0755), -1);
  assert_int_equal(errno, EEXIST);
  assert_int_equal(unlinkat(place.folder_fd, place.name, AT_REMOVEDIR), -1);
  assert_int_equal(errno, ENOTEMPTY);
  assert_int_equal(unlinkat(place.folder_fd, place.name, 0), -1);
  assert_int_equal(errno, EISDIR);
  assert_int_equal(renameat(place.folder_fd, place.name, place.folder_fd, "x"), -1);
  assert_int_equal(errno, EBUSY);
  path_leave_place(&place);

  /* A slash behind a symbolic link does not make it followed. */
  scratch_link(&scratch, "root/out", "../outer");
  assert_int_equal(path_find_place(root_fd, "out/", &place), 0);
  assert_int_equal(unlinkat(place.folder_fd, place.name, AT_REMOVEDIR), -1);
  assert_int_equal(errno, ENOTDIR);
  assert_int_equal(mkdirat(place.folder_fd, place.name, 0755), -1);
  assert_int_equal(errno, EEXIST);
  assert_int_equal(renameat(place.folder_fd, place.name, place.folder_fd, "x"), -1);
  assert_int_equal(errno, ENOTDIR);
  path_leave_place(&place);
}

static void long_names_and_paths(void **state)
{
  (void) state;
  char name[257];
  struct path_place place;
  memset(name, 'n', sizeof(name));
  name[NAME_MAX] = '\0';
  assert_int_equal(resolve(name), -ENOENT);
  int fd = path_open(root_fd, name, O_CREAT | O_EXCL | O_WRONLY, 0600);
  assert_true(fd >= 0);
  close(fd);
  name[NAME_MAX] = 'n';
  name[NAME_MAX + 1] = '\0';
  assert_int_equal(resolve(name), -ENAMETOOLONG);
  assert_int_equal(path_find_place(root_fd, name, &place), 0);
  path_leave_place(&place);

  /* ./././... up to the file: PATH_MAX counts the null. */
  char path[PATH_MAX + 1];
  for (size_t length = PATH_MAX - 1; length <= PATH_MAX; length++)
  {
    size_t lead = length - strlen("secret");
    for (size_t i = 0; i < lead; i++)
      path[i] = i % 2 == 0 && i + 1 < lead ? '.' : '/';
    strcpy(path + lead, "secret");
    assert_int_equal(strlen(path), length);
    fd = resolve(path);
    if (length < PATH_MAX)
      assert_true(fd >= 0);
    else
      assert_int_equal(fd, -ENAMETOOLONG);
    if (fd >= 0)
      close(fd);
    assert_int_equal(path_find_place(root_fd, path, &place), 0);
    assert_string_equal(place.name, "secret");
    path_leave_place(&place);
  }
}

static void deep_paths(void **state)
{
  (void) state;
  enum
  {
    DEPTH = 200
  };
  int folder_fd = dup(root_fd);
  char path[2 * DEPTH + 1] = "";
  for (int i = 0; i < DEPTH; i++)
  {
    assert_int_equal(mkdirat(folder_fd, "d", 0755), 0);
    int next = openat(folder_fd, "d", O_PATH | O_DIRECTORY);
    assert_true(next >= 0);
    close(folder_fd);
    folder_fd = next;
    strcat(path, i == 0 ? "d" : "/d");
  }
  struct stat wanted, found;
  assert_int_equal(fstat(folder_fd, &wanted), 0);
  int fd = resolve(path);
  assert_true(fd >= 0);
  assert_int_equal(fstat(fd, &found), 0);
  assert_int_equal(found.st_ino, wanted.st_ino);
  close(fd);
  close(folder_fd);
}

/* ---- Others rename ---- */

static atomic_bool is_over;

/* root/swap is by turns a folder and a symbolic link that leads out. */
static void *swap_folder_and_link(void *argument)
{
  while (!atomic_load(&is_over))
  {
    if (renameat2(scratch.fd, "root/swap", scratch.fd, "root/other", RENAME_EXCHANGE) != 0)
      return "cannot rename";
  }
  return argument;
}

/* root/a/b is by turns inside and outside: '..' there would lead out. */
static void *move_out_and_in(void *argument)
{
  while (!atomic_load(&is_over))
  {
    if (renameat(scratch.fd, "root/a/b", scratch.fd, "outer/b") != 0 ||
        renameat(scratch.fd, "outer/b", scratch.fd, "root/a/b") != 0)
      return "cannot rename";
  }
  return argument;
}

static bool is_secret(const struct stat *status)
{
  struct stat secret = scratch_stat(&scratch, "secret");
  struct stat other = scratch_stat(&scratch, "outer/secret");
  return status->st_ino == secret.st_ino || status->st_ino == other.st_ino;
}

static void open_while(void *(*renames)(void *), const char *path)
{
  enum
  {
    ENOUGH = 1000,
    MOST = 200000
  };
  pthread_t thread;
  void *wrong;
  unsigned int found = 0, missed = 0;
  atomic_store(&is_over, false);
  assert_int_equal(pthread_create(&thread, NULL, renames, NULL), 0);
  for (unsigned int i = 0; i < MOST && (found < ENOUGH || missed < ENOUGH / 50); i++)
  {
    struct stat status;
    int fd = resolve(path);
    if (fd < 0)
    {
      assert_true(fd == -ENOENT || fd == -ENOTDIR || fd == -EBUSY || fd == -EXDEV);
      missed++;
      continue;
    }
    found++;
    assert_int_equal(fstat(fd, &status), 0);
    assert_false(is_secret(&status));
    close(fd);
  }
  atomic_store(&is_over, true);
  assert_int_equal(pthread_join(thread, &wrong), 0);
  assert_null(wrong);
  assert_true(found > 0);
}

static void renames_give_no_way_out(void **state)
{
  (void) state;
  scratch_folder(&scratch, "root/swap");
  scratch_file(&scratch, "root/swap/secret", "in");
  scratch_link(&scratch, "root/other", "../outer");
  open_while(swap_folder_and_link, "swap/secret");
  open_while(swap_folder_and_link, "swap/../secret");
  open_while(move_out_and_in, "a/b/../../secret");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(paths_stay_inside, set_up, tear_down),
      cmocka_unit_test_setup_teardown(links_stay_inside, set_up, tear_down),
      cmocka_unit_test(magic_links_are_not_followed),
      cmocka_unit_test_setup_teardown(places_are_folder_and_name, set_up, tear_down),
      cmocka_unit_test_setup_teardown(special_names_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(long_names_and_paths, set_up, tear_down),
      cmocka_unit_test_setup_teardown(deep_paths, set_up, tear_down),
      cmocka_unit_test_setup_teardown(renames_give_no_way_out, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
