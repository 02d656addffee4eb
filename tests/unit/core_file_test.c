/* Tests of uhyve/core_file.c: a file has its name when it is complete, and not before. */
#include "uhyve/core_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit_test.h"

static char folder[] = "/tmp/core_file_test.XXXXXX";
static char path[64];

static int create(void **state)
{
  (void) state;
  strcpy(folder + strlen(folder) - 6, "XXXXXX");
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof(path), "%s/core", folder);
  return 0;
}

static unsigned int count_files(void)
{
  unsigned int count = 0;
  DIR *list = opendir(folder);
  assert_non_null(list);
  for (const struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list))
    count += entry->d_name[0] != '.' || strlen(entry->d_name) > 2;
  closedir(list);
  return count;
}

static int destroy(void **state)
{
  (void) state;
  unlink(path);
  assert_int_equal(rmdir(folder), 0);
  return 0;
}

static void assert_content(const char *expected)
{
  char text[16] = "";
  int fd = open(path, O_RDONLY);
  assert_true(fd >= 0);
  assert_true(read(fd, text, sizeof(text) - 1) >= 0);
  assert_string_equal(text, expected);
  close(fd);
}

static void open_core(struct core_file *core)
{
  char message[256];
  assert_int_equal(core_file_open(core, path, message), 0);
  assert_int_equal(write(core->fd, "new", 3), 3);
  assert_true(core->keeper_pid > 0);
}

static void is_named_when_it_is_complete(void **state)
{
  (void) state;
  struct core_file core;
  struct stat status;
  open_core(&core);
  assert_int_equal(count_files(), 0);
  assert_int_equal(core_file_keep(&core), 0);
  assert_content("new");
  assert_int_equal(stat(path, &status), 0);
  assert_int_equal(status.st_mode & 0777, 0600);
  pid_t keeper = core.keeper_pid;
  core_file_close(&core);
  assert_int_equal(count_files(), 1);
  assert_int_equal(waitpid(keeper, NULL, WNOHANG), -1);
  core_file_close(&core);
}

static void takes_the_place_of_another_one(void **state)
{
  (void) state;
  struct core_file core;
  int fd = open(path, O_CREAT | O_WRONLY, 0644);
  assert_int_equal(write(fd, "old one", 7), 7);
  close(fd);
  open_core(&core);
  assert_content("old one");
  assert_int_equal(core_file_keep(&core), 0);
  core_file_close(&core);
  assert_content("new");
  assert_int_equal(count_files(), 1);
}

static void is_gone_without_a_name(void **state)
{
  (void) state;
  struct core_file core;
  open_core(&core);
  pid_t keeper = core.keeper_pid;
  core_file_close(&core);
  assert_int_equal(waitpid(keeper, NULL, WNOHANG), -1);
  assert_int_equal(count_files(), 0);
}

/* Whoever has the other end of a pipe that is this process's standard output sees its end. */
static void process_holds_nothing(void **state)
{
  (void) state;
  struct core_file core;
  int ends[2];
  char byte;
  assert_int_equal(pipe(ends), 0);
  open_core(&core);
  close(ends[1]);
  assert_int_equal(read(ends[0], &byte, 1), 0);
  close(ends[0]);
  kill(core.keeper_pid, SIGTERM);
  kill(core.keeper_pid, SIGINT);
  assert_int_equal(core_file_keep(&core), 0);
  core_file_close(&core);
}

/* It ends with the process that made it, however that ends. */
static void process_ends_with_its_maker(void **state)
{
  (void) state;
  int ends[2];
  struct core_file core;
  assert_int_equal(pipe(ends), 0);
  pid_t maker = fork();
  if (maker == 0)
  {
    open_core(&core);
    assert_int_equal(write(ends[1], &core.keeper_pid, sizeof(core.keeper_pid)),
                     sizeof(core.keeper_pid));
    for (;;)
      pause();
  }
  pid_t keeper;
  assert_int_equal(read(ends[0], &keeper, sizeof(keeper)), sizeof(keeper));
  assert_int_equal(kill(maker, SIGKILL), 0);
  assert_int_equal(waitpid(maker, NULL, 0), maker);
  /* Not a child of this process: gone, or about to be waited for by the first of all. */
  char name[64];
  snprintf(name, sizeof(name), "/proc/%d/fd/0", keeper);
  while (access(name, F_OK) == 0)
    usleep(1000);
  close(ends[0]);
  close(ends[1]);
  assert_int_equal(count_files(), 0);
}

static void tells_when_the_process_is_gone(void **state)
{
  (void) state;
  struct core_file core;
  open_core(&core);
  kill(core.keeper_pid, SIGKILL);
  assert_int_equal(core_file_keep(&core), -ESRCH);
  core_file_close(&core);
  assert_int_equal(count_files(), 0);
}

static void tells_when_the_folder_is_gone(void **state)
{
  (void) state;
  struct core_file core;
  open_core(&core);
  assert_int_equal(rmdir(folder), 0);
  assert_int_equal(core_file_keep(&core), -ENOENT);
  core_file_close(&core);
  assert_int_equal(mkdir(folder, 0700), 0);
}

static void assert_refused(const char *name, int error, const char *text)
{
  char message[256] = "";
  struct core_file core;
  assert_int_equal(core_file_open(&core, name, message), error);
  assert_non_null(strstr(message, text));
  assert_null(strchr(message, '\n'));
}

static void refuses_what_cannot_be_a_file(void **state)
{
  (void) state;
  char name[6000];
  assert_refused(folder, -EISDIR, "Is a directory");
  snprintf(name, sizeof(name), "%s/", folder);
  assert_refused(name, -EISDIR, "Is a directory");
  snprintf(name, sizeof(name), "%s/none/core", folder);
  assert_refused(name, -ENOENT, "No such file");
  assert_refused("/dev/null", -EEXIST, "/dev/null");
  memset(name, 'a', sizeof(name) - 1);
  name[sizeof(name) - 1] = '\0';
  assert_refused(name, -ENAMETOOLONG, "too long");
  name[5000] = '/';
  assert_refused(name, -ENAMETOOLONG, "too long");
  if (geteuid() == 0)
    assert_refused("/proc/core", -EOPNOTSUPP, "O_TMPFILE");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, create, destroy)
      TEST(is_named_when_it_is_complete),  TEST(takes_the_place_of_another_one),
      TEST(is_gone_without_a_name),        TEST(process_holds_nothing),
      TEST(process_ends_with_its_maker),   TEST(tells_when_the_process_is_gone),
      TEST(tells_when_the_folder_is_gone), TEST(refuses_what_cannot_be_a_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
