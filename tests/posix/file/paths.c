/* What paths may look like: slashes, dots, lengths; and realpath(). */
#include "file_check.h"

static char path[3 * PATH_BYTES];

/* From `path` on: "./" again and again, and the name, so that it is just that long. */
static const char *path_of(size_t len, const char *name)
{
  size_t name_len = strlen(name), dots = len - name_len;
  size_t at = 0;
  if (dots % 2 == 1)
  {
    memcpy(path, ".//", 3);
    at = 3;
  }
  for (; at < dots; at += 2)
    memcpy(path + at, "./", 2);
  strcpy(path + at, name);
  return path;
}

static void test_slashes(void)
{
  CHECK(mkdir("a", 0755) == 0 && mkdir("a/b", 0755) == 0);
  write_file("a/b/file", "text");
  static const char *const same[] = {
      "a/b/file",      "a//b///file", "./a/./b/./file", "a/../a/b/file", "a/b/../b/../../a/b/file",
      ".//a/b/.//file"};
  for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
  {
    CHECK(file_is(same[i], "text"));
    snprintf(path, sizeof(path), "%s//%s", work_folder, same[i]);
    CHECK(file_is(path, "text"));
    snprintf(path, sizeof(path), "//..///..%s/./%s", work_folder, same[i]);
    CHECK(file_is(path, "text"));
  }
  static const char *const folders[] = {"a/b/", "a/b//", "a/b/.", "a/b/./", "a/b/../b"};
  for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
    CHECK(is_same_file(folders[i], "a/b"));
  CHECK(is_same_file("/", "//") && is_same_file("/", "/..") && is_same_file("/", "/.") &&
        is_same_file("/", "/../../.."));
  CHECK(is_same_file(".", work_folder));

  struct stat status;
  static const char *const not_folders[] = {"a/b/file/",   "a/b/file//", "a/b/file/.",
                                            "a/b/file/..", "a/b/file/x", "a/b/file/../file"};
  for (size_t i = 0; i < sizeof(not_folders) / sizeof(not_folders[0]); i++)
  {
    FAILS(stat(not_folders[i], &status), ENOTDIR);
    FAILS(open(not_folders[i], O_RDONLY), ENOTDIR);
    FAILS(access(not_folders[i], F_OK), ENOTDIR);
  }
  /* '..' behind what is not there is not there either. */
  FAILS(stat("absent/..", &status), ENOENT);
  FAILS(stat("absent/.", &status), ENOENT);
  FAILS(stat("absent/../a", &status), ENOENT);
  FAILS(stat("a/absent/../b", &status), ENOENT);
  FAILS(stat("absent//", &status), ENOENT);
}

static void test_odd_names(void)
{
  static const char *const names[] = {"...", ".a", "a.", " ", "\n", "\xff\xfe",
                                      "-",   "~",  "\\", "*", ". "};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
  {
    write_file(names[i], "odd");
    CHECK(file_is(names[i], "odd"));
    CHECK(unlink(names[i]) == 0);
  }
  write_file("case", "small");
  CHECK(!exists("CASE"));
}

static void test_long_names(void)
{
  write_file(name_of('n', NAME_BYTES), "long");
  CHECK(file_is(name_of('n', NAME_BYTES), "long"));
  CHECK(!exists(name_of('n', NAME_BYTES - 1)));
  CHECK(rename(name_of('n', NAME_BYTES), "short") == 0 && file_is("short", "long"));
  struct stat status;
  const char *name = name_of('n', NAME_BYTES + 1);
  FAILS(open(name, O_RDONLY), ENAMETOOLONG);
  FAILS(open(name, O_RDWR | O_CREAT, 0600), ENAMETOOLONG);
  FAILS(stat(name, &status), ENAMETOOLONG);
  FAILS(mkdir(name, 0755), ENAMETOOLONG);
  FAILS(access(name, F_OK), ENAMETOOLONG);
  snprintf(path, sizeof(path), "%s/file", name);
  FAILS(stat(path, &status), ENAMETOOLONG);
  snprintf(path, sizeof(path), "a/%s", name);
  FAILS(stat(path, &status), ENAMETOOLONG);
}

static void test_long_paths(void)
{
  struct stat status;
  size_t most = PATH_BYTES - 1;
  write_file(path_of(most, "made"), "long");
  CHECK(file_is("made", "long"));
  CHECK(file_is(path_of(most, "made"), "long"));
  CHECK(file_is(path_of(most - 1, "made"), "long"));
  FAILS(open(path_of(most + 1, "made"), O_RDONLY), ENAMETOOLONG);
  FAILS(stat(path_of(most + 1, "made"), &status), ENAMETOOLONG);
  FAILS(open(path_of(most + 2, "made"), O_RDONLY), ENAMETOOLONG);
  FAILS(open(path_of(2 * most, "made"), O_RDONLY), ENAMETOOLONG);
  FAILS(mkdir(path_of(most + 1, "new"), 0755), ENAMETOOLONG);
  FAILS(unlink(path_of(most + 1, "made")), ENAMETOOLONG);
  FAILS(rename("made", path_of(most + 1, "new")), ENAMETOOLONG);
  FAILS(link(path_of(most + 1, "made"), "new"), ENAMETOOLONG);
  FAILS(symlink("made", path_of(most + 1, "new")), ENAMETOOLONG);
  FAILS(chdir(path_of(most + 1, "a")), ENAMETOOLONG);
  FAILS(access(path_of(most + 1, "made"), F_OK), ENAMETOOLONG);
  FAILS(chmod(path_of(most + 1, "made"), 0600), ENAMETOOLONG);
  GIVES(mkdir(path_of(most, "new"), 0755), 0);
  GIVES(rename(path_of(most, "new"), "newer"), 0);
  GIVES(rmdir(path_of(most, "newer")), 0);
  GIVES(unlink(path_of(most, "made")), 0);

  /* A link makes a path longer than it may be given: that is allowed where it stays short. */
  CHECK(symlink("a/b", "l") == 0);
  memset(path, '/', most);
  memcpy(path, "l", 1);
  strcpy(path + most - 4, "file");
  CHECK(file_is(path, "text"));
}

static bool resolves(const char *name, const char *below)
{
  char expected[PATH_BYTES + 100], resolved[PATH_BYTES];
  snprintf(expected, sizeof(expected), "%s%s", work_folder, below);
  char *result = realpath(name, resolved);
  char *made = realpath(name, NULL);
  bool holds = result == resolved && strcmp(resolved, expected) == 0 && made != NULL &&
               strcmp(made, expected) == 0;
  free(made);
  return holds;
}

static void test_realpath(void)
{
  CHECK(symlink("b/file", "a/deep") == 0 && symlink("../l/../deep", "a/deeper") == 0);
  CHECK(symlink("absent", "lost") == 0 && symlink("loop", "loop") == 0);
  CHECK(resolves(".", ""));
  CHECK(resolves("a/b/file", "/a/b/file"));
  CHECK(resolves("./a//b/../b/./file", "/a/b/file"));
  CHECK(resolves("a/b/", "/a/b"));
  CHECK(resolves("l", "/a/b"));
  CHECK(resolves("l/..", "/a"));
  CHECK(resolves("a/deep", "/a/b/file"));
  CHECK(resolves("a/deeper", "/a/b/file"));
  CHECK(resolves(work_folder, ""));
  char resolved[PATH_BYTES];
  CHECK(realpath("/", resolved) == resolved && strcmp(resolved, "/") == 0);
  CHECK(realpath("/../.", resolved) == resolved && strcmp(resolved, "/") == 0);
  GIVES_NULL(realpath("absent", resolved), ENOENT);
  GIVES_NULL(realpath("lost", resolved), ENOENT);
  GIVES_NULL(realpath("", resolved), ENOENT);
  GIVES_NULL(realpath("a/b/file/", resolved), ENOTDIR);
  GIVES_NULL(realpath("a/b/file/x", resolved), ENOTDIR);
  GIVES_NULL(realpath("loop", resolved), ELOOP);
  GIVES_NULL(realpath(name_of('n', NAME_BYTES + 1), resolved), ENAMETOOLONG);
  volatile const char *none = NULL;
  GIVES_NULL(realpath((const char *) none, resolved), EINVAL);
}

static void test_limits(void)
{
  GIVES(pathconf(".", _PC_NAME_MAX), NAME_BYTES);
  GIVES(pathconf(".", _PC_PATH_MAX), PATH_BYTES);
  GIVES(pathconf(".", _PC_PIPE_BUF), 4096);
  GIVES(fpathconf(0, _PC_PATH_MAX), PATH_BYTES);
  FAILS(pathconf(".", 12345), EINVAL);
  FAILS(pathconf("absent", _PC_NAME_MAX), ENOENT);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  test_slashes();
  test_odd_names();
  test_long_names();
  test_long_paths();
  test_realpath();
  test_limits();
  return leave_folder();
}
