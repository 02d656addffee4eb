/* mkdir(), rmdir() and the current folder: getcwd(), chdir(), fchdir(). */
#include "file_check.h"

static char path[2 * PATH_BYTES];

static bool is_here(const char *below)
{
  char expected[2 * PATH_BYTES];
  snprintf(expected, sizeof(expected), "%s%s", work_folder, below);
  return getcwd(path, sizeof(path)) == path && strcmp(path, expected) == 0;
}

static void test_make(void)
{
  umask(027);
  GIVES(mkdir("new", 0777), 0);
  GIVES(mode_of("new"), 0750);
  umask(0);
  GIVES(mkdir("open", 01777), 0);
  GIVES(mode_of("open"), 01777);
  umask(022);
  GIVES(mkdir("slash/", 0755), 0);
  GIVES(mkdir("new/inner///", 0755), 0);
  GIVES(mkdir("./new/../new/inner/deep", 0700), 0);
  CHECK(exists("new/inner/deep"));
  FAILS(mkdir("new", 0755), EEXIST);
  FAILS(mkdir("new/", 0755), EEXIST);
  FAILS(mkdir(".", 0755), EEXIST);
  FAILS(mkdir("..", 0755), EEXIST);
  FAILS(mkdir("/", 0755), EEXIST);
  FAILS(mkdir("", 0755), ENOENT);
  FAILS(mkdir("absent/new", 0755), ENOENT);
  FAILS(mkdir("absent/.", 0755), ENOENT);
  write_file("file", "x");
  FAILS(mkdir("file", 0755), EEXIST);
  FAILS(mkdir("file/", 0755), EEXIST);
  FAILS(mkdir("file/x", 0755), ENOTDIR);
  FAILS(mkdir(name_of('n', NAME_BYTES + 1), 0755), ENAMETOOLONG);
  GIVES(mkdir(name_of('n', NAME_BYTES), 0755), 0);
  GIVES(rmdir(name_of('n', NAME_BYTES)), 0);
}

static void test_remove(void)
{
  FAILS(rmdir("new"), ENOTEMPTY);
  FAILS(rmdir("absent"), ENOENT);
  FAILS(rmdir(""), ENOENT);
  FAILS(rmdir("file"), ENOTDIR);
  FAILS(rmdir("file/x"), ENOTDIR);
  FAILS(rmdir("new/inner/."), EINVAL);
  FAILS(rmdir("new/inner/deep/.."), ENOTEMPTY);
  GIVES(rmdir("new/inner/deep/"), 0);
  FAILS(rmdir("new/inner/deep"), ENOENT);
  CHECK(symlink("gone", "new/inner/link") == 0);
  FAILS(rmdir("new/inner"), ENOTEMPTY);
  CHECK(unlink("new/inner/link") == 0);
  GIVES(rmdir("new/inner"), 0);
  GIVES(rmdir("new"), 0);
  GIVES(rmdir("slash"), 0);
  GIVES(rmdir("open"), 0);
  CHECK(rmdir("/") == -1 && (errno == EBUSY || errno == ENOTEMPTY));
}

static void test_current(void)
{
  size_t len = strlen(work_folder);
  CHECK(is_here(""));
  CHECK(getcwd(path, len + 1) == path);
  GIVES_NULL(getcwd(path, len), ERANGE);
  GIVES_NULL(getcwd(path, 1), ERANGE);
  GIVES_NULL(getcwd(path, 0), EINVAL);
  char *made = getcwd(NULL, 0);
  CHECK(made != NULL && strcmp(made, work_folder) == 0);
  free(made);
  made = getcwd(NULL, len + 100);
  CHECK(made != NULL && strcmp(made, work_folder) == 0);
  free(made);
}

static void test_change(void)
{
  CHECK(mkdir("a", 0755) == 0 && mkdir("a/b", 0755) == 0 && symlink("a/b", "way") == 0);
  write_file("a/b/file", "x");
  GIVES(chdir("a/b"), 0);
  CHECK(is_here("/a/b") && exists("file"));
  GIVES(chdir(".."), 0);
  CHECK(is_here("/a"));
  GIVES(chdir("./b/../b//"), 0);
  CHECK(is_here("/a/b"));
  GIVES(chdir("../.."), 0);
  GIVES(chdir("way"), 0);
  CHECK(is_here("/a/b"));
  GIVES(chdir(".."), 0);
  CHECK(is_here("/a"));
  GIVES(chdir(work_folder), 0);
  CHECK(is_here(""));
  GIVES(chdir("."), 0);
  CHECK(is_here(""));
  GIVES(chdir("/"), 0);
  CHECK(getcwd(path, sizeof(path)) != NULL && strcmp(path, "/") == 0);
  GIVES(chdir(".."), 0);
  CHECK(getcwd(path, sizeof(path)) != NULL && strcmp(path, "/") == 0);
  GIVES(chdir("//"), 0);
  GIVES(chdir(work_folder), 0);
  FAILS(chdir("absent"), ENOENT);
  FAILS(chdir(""), ENOENT);
  FAILS(chdir("file"), ENOTDIR);
  FAILS(chdir("a/b/file/.."), ENOTDIR);
  FAILS(chdir(name_of('n', NAME_BYTES + 1)), ENAMETOOLONG);
  CHECK(is_here(""));
}

static void test_by_descriptor(void)
{
  int fd = open("a/b", O_RDONLY | O_DIRECTORY), back = open(".", O_RDONLY);
  int file = open("file", O_RDONLY);
  GIVES(fchdir(fd), 0);
  CHECK(is_here("/a/b") && exists("file"));
  GIVES(fchdir(back), 0);
  CHECK(is_here(""));
  FAILS(fchdir(file), ENOTDIR);
  close(file);
  close(fd);
  FAILS(fchdir(fd), EBADF);
  FAILS(fchdir(-1), EBADF);
  CHECK(is_here(""));
  close(back);
}

static void test_removed(void)
{
  int back = open(".", O_RDONLY);
  CHECK(mkdir("gone", 0755) == 0 && chdir("gone") == 0);
  GIVES(rmdir("../gone"), 0);
  GIVES_NULL(getcwd(path, sizeof(path)), ENOENT);
  FAILS(open("new", O_RDWR | O_CREAT, 0600), ENOENT);
  FAILS(mkdir("new", 0700), ENOENT);
  FAILS(open("absent", O_RDONLY), ENOENT);
  GIVES(fchdir(back), 0);
  CHECK(is_here(""));
  close(back);
}

/* Deeper than a path can say. */
static void test_deep(void)
{
  enum
  {
    LEVELS = 20
  };
  const char *name = name_of('d', NAME_BYTES);
  for (int i = 0; i < LEVELS; i++)
    if (mkdir(name, 0755) != 0 || chdir(name) != 0)
    {
      /* Where the current folder is a path, it ends with the longest one. */
      CHECK(errno == ENAMETOOLONG && i >= 14);
      break;
    }
  CHECK(chdir(work_folder) == 0);
}

static void test_no_permission(void)
{
  if (is_root())
    return;
  CHECK(mkdir("locked", 0755) == 0 && mkdir("locked/inner", 0755) == 0);
  CHECK(chmod("locked", 0500) == 0);
  FAILS(rmdir("locked/inner"), EACCES);
  FAILS(mkdir("locked/new", 0755), EACCES);
  CHECK(chmod("locked", 0600) == 0);
  FAILS(chdir("locked"), EACCES);
  FAILS(chdir("locked/inner"), EACCES);
  CHECK(chmod("locked", 0755) == 0);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  test_make();
  test_remove();
  test_current();
  test_change();
  test_by_descriptor();
  test_removed();
  test_deep();
  test_no_permission();
  return leave_folder();
}
