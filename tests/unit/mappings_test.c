/* Tests of uhyve/mappings.c: what is opened, under which path, and what is refused. */
#include "uhyve/mappings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hypercalls/hypercalls.h"
#include "scratch.h"
#include "unit_test.h"

static struct scratch scratch;
static struct options options;
static struct mappings mappings;
static char message[256 + 1];

static int set_up(void **state)
{
  (void) state;
  scratch_create(&scratch);
  scratch_folder(&scratch, "folder");
  scratch_file(&scratch, "file", "content");
  scratch_link(&scratch, "link", "folder");
  scratch_link(&scratch, "nowhere", "none");
  assert_int_equal(chdir(scratch.path), 0);
  options = (struct options){0};
  return 0;
}

static int tear_down(void **state)
{
  (void) state;
  assert_int_equal(chdir("/"), 0);
  scratch_remove(&scratch);
  return 0;
}

static void add(const char *host, const char *guest, bool read_only)
{
  options.mappings[options.mapping_count++] = (struct option_mapping){
      .host = host,
      .guest = guest,
      .host_bytes = strlen(host),
      .guest_bytes = strlen(guest),
      .read_only = read_only,
  };
}

static int open_all(void)
{
  memset(message, '~', sizeof(message));
  int error = mappings_open(&mappings, &options, "/work", message);
  assert_int_equal(message[256], '~');
  return error;
}

static void assert_refused(int error, const char *says)
{
  assert_int_equal(open_all(), error);
  assert_int_equal(mappings.count, 0);
  if (strstr(message, says) == NULL)
    fail_msg("\"%s\" does not say \"%s\"", message, says);
  assert_null(strchr(message, '\n'));
}

static void assert_plain(const char *folder, const char *path, const char *expected)
{
  char *plain = mappings_plain_path(folder, path, strlen(path));
  assert_non_null(plain);
  assert_string_equal(plain, expected);
  free(plain);
}

static void paths_become_plain(void **state)
{
  (void) state;
  assert_plain("/", "", "/");
  assert_plain("/", ".", "/");
  assert_plain("/", "..", "/");
  assert_plain("/", "/", "/");
  assert_plain("/", "a", "/a");
  assert_plain("", "a", "/a");
  assert_plain("/w", "", "/w");
  assert_plain("/w", ".", "/w");
  assert_plain("/w/x", "..", "/w");
  assert_plain("/w/x", "../..", "/");
  assert_plain("/w/x", "../../..", "/");
  assert_plain("/w/x", "../y/./z//", "/w/y/z");
  assert_plain("/w", "/a//b/../c/.", "/a/c");
  assert_plain("/w", "...", "/w/...");
  assert_plain("/w", ".x", "/w/.x");
  assert_plain("/w", "..x/y..", "/w/..x/y..");
  assert_plain("w//./x/", "y", "/w/x/y");
  /* What is behind the end does not count. */
  char *plain = mappings_plain_path("/w", "abc/..", 3);
  assert_string_equal(plain, "/w/abc");
  free(plain);
}

static void files_and_folders_are_opened(void **state)
{
  (void) state;
  add("folder", "data", false);
  add("file", "/etc/file/", true);
  add("link", "/", false);
  add(".", ".", true);
  assert_int_equal(open_all(), 0);
  assert_int_equal(mappings.count, 4);
  const struct mapping *list = mappings.list;
  assert_string_equal(list[0].path, "/work/data");
  assert_string_equal(list[1].path, "/etc/file");
  assert_string_equal(list[2].path, "/");
  assert_string_equal(list[3].path, "/work");
  const bool folders[] = {true, false, true, true};
  const bool read_only[] = {false, true, false, true};
  const char *const hosts[] = {"folder", "file", "folder", "."};
  for (unsigned int i = 0; i < mappings.count; i++)
  {
    struct stat found;
    assert_int_equal(list[i].folder, folders[i]);
    assert_int_equal(list[i].read_only, read_only[i]);
    assert_int_equal(fstat(list[i].fd, &found), 0);
    assert_int_equal(found.st_ino, scratch_stat(&scratch, hosts[i]).st_ino);
    assert_int_not_equal(fcntl(list[i].fd, F_GETFL) & O_PATH, 0);
    assert_int_not_equal(fcntl(list[i].fd, F_GETFD) & FD_CLOEXEC, 0);
  }
  int fd = list[0].fd;
  mappings_close(&mappings);
  assert_int_equal(mappings.count, 0);
  assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* What takes the place of a folder later is another one. */
static void a_mapping_stays_what_it_was(void **state)
{
  (void) state;
  struct stat before = scratch_stat(&scratch, "folder");
  struct stat found;
  add("folder", "/f", false);
  assert_int_equal(open_all(), 0);
  assert_int_equal(renameat(scratch.fd, "folder", scratch.fd, "away"), 0);
  scratch_folder(&scratch, "folder");
  assert_int_equal(fstat(mappings.list[0].fd, &found), 0);
  assert_int_equal(found.st_ino, before.st_ino);
  mappings_close(&mappings);
}

static void others_are_refused(void **state)
{
  (void) state;
  assert_int_equal(mkfifoat(scratch.fd, "fifo", 0600), 0);
  add("folder", "/f", false); /* is closed again */
  options.mapping_count = 2;
  options.mappings[1] = (struct option_mapping){.guest = "/g", .guest_bytes = 2};
  static const struct
  {
    const char *host;
    int error;
    const char *says;
  } cases[] = {
      {"none", -ENOENT, "cannot map none: No such file or directory"},
      {"nowhere", -ENOENT, "cannot map nowhere: No such file or directory"},
      {"file/x", -ENOTDIR, "Not a directory"},
      {"fifo", -ENXIO, "cannot map fifo: it is neither a file nor a folder"},
      {"/dev/null", -ENXIO, "it is neither a file nor a folder"},
  };
  for (size_t i = 0; i < COUNT_OF(cases); i++)
  {
    options.mappings[1].host = cases[i].host;
    options.mappings[1].host_bytes = strlen(cases[i].host);
    assert_refused(cases[i].error, cases[i].says);
  }
}

static void paths_differ_and_have_an_end(void **state)
{
  (void) state;
  static char path[HC_MAX_PATH_BYTES + 2];
  memset(path, 'p', sizeof(path) - 1);
  for (size_t i = 0; i < sizeof(path) - 1; i += 100)
    path[i] = '/';
  add("folder", "/a/../f", false);
  add("file", "/f/", false);
  assert_refused(-EEXIST, "two mappings have the path /f in the guest");
  options.mapping_count = 0;
  add("folder", path, false);
  assert_refused(-ENAMETOOLONG, "the path is too long");
  options.mappings[0].guest_bytes--;
  assert_int_equal(open_all(), 0);
  mappings_close(&mappings);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(paths_become_plain),
      cmocka_unit_test_setup_teardown(files_and_folders_are_opened, set_up, tear_down),
      cmocka_unit_test_setup_teardown(a_mapping_stays_what_it_was, set_up, tear_down),
      cmocka_unit_test_setup_teardown(others_are_refused, set_up, tear_down),
      cmocka_unit_test_setup_teardown(paths_differ_and_have_an_end, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
