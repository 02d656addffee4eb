/* unlink(), rename() and link(): names come, go and change place, with all of POSIX's corner cases.
 */
#include "file_check.h"

static void test_unlink(void)
{
  write_file("file", "x");
  CHECK(mkdir("folder", 0755) == 0 && symlink("file", "link") == 0);
  CHECK(symlink("absent", "dangling") == 0 && symlink("folder", "way") == 0);
  GIVES(unlink("link"), 0);
  CHECK(exists("file") && !exists("link"));
  GIVES(unlink("dangling"), 0);
  GIVES(unlink("way"), 0);
  CHECK(exists("folder"));
  FAILS(unlink("folder"), EISDIR);
  FAILS(unlink("folder/"), EISDIR);
  FAILS(unlink("folder/."), EISDIR);
  FAILS(unlink("absent"), ENOENT);
  FAILS(unlink("absent/file"), ENOENT);
  FAILS(unlink(""), ENOENT);
  FAILS(unlink("file/"), ENOTDIR);
  FAILS(unlink("file/x"), ENOTDIR);
  FAILS(unlink(name_of('n', NAME_BYTES + 1)), ENAMETOOLONG);
  GIVES(unlink("file"), 0);
  FAILS(unlink("file"), ENOENT);
  write_file("folder/inside", "x");
  GIVES(unlink("./folder/../folder//inside"), 0);
  GIVES(rmdir("folder"), 0);
}

static void test_remove(void)
{
  write_file("file", "x");
  CHECK(mkdir("folder", 0755) == 0);
  write_file("folder/file", "x");
  GIVES(remove("file"), 0);
  CHECK(remove("folder") == -1 && (errno == ENOTEMPTY || errno == EEXIST));
  GIVES(remove("folder/file"), 0);
  GIVES(remove("folder"), 0);
  FAILS(remove("folder"), ENOENT);
}

static void test_rename_files(void)
{
  write_file("old", "old");
  write_file("new", "new");
  GIVES(rename("old", "other"), 0);
  CHECK(!exists("old") && file_is("other", "old"));
  int fd = open("new", O_RDONLY);
  GIVES(rename("other", "new"), 0);
  CHECK(!exists("other") && file_is("new", "old"));
  /* What was there is still there for who has it open. */
  char text[4] = "";
  GIVES(read(fd, text, 3), 3);
  CHECK(strcmp(text, "new") == 0);
  close(fd);
  GIVES(rename("new", "new"), 0);
  CHECK(file_is("new", "old"));

  /* Two names of one file: nothing happens, and both stay. */
  CHECK(link("new", "twin") == 0);
  GIVES(rename("new", "twin"), 0);
  CHECK(exists("new") && exists("twin"));
  CHECK(unlink("twin") == 0);

  /* A link is moved, not followed. */
  CHECK(symlink("new", "link") == 0);
  GIVES(rename("link", "link2"), 0);
  CHECK(!exists("link") && exists("link2") && file_is("link2", "old"));
  write_file("third", "third");
  GIVES(rename("third", "link2"), 0);
  CHECK(file_is("link2", "third") && file_is("new", "old"));
  CHECK(unlink("link2") == 0);

  CHECK(mkdir("folder", 0755) == 0);
  GIVES(rename("new", "folder/moved"), 0);
  CHECK(file_is("folder/moved", "old"));
  GIVES(rename("folder/moved", "./folder/..//new"), 0);
  CHECK(file_is("new", "old"));
  CHECK(rmdir("folder") == 0 && unlink("new") == 0);
}

static void test_rename_errors(void)
{
  write_file("file", "x");
  CHECK(mkdir("folder", 0755) == 0);
  FAILS(rename("absent", "new"), ENOENT);
  FAILS(rename("absent", "file"), ENOENT);
  FAILS(rename("", "new"), ENOENT);
  FAILS(rename("file", ""), ENOENT);
  FAILS(rename("file", "absent/new"), ENOENT);
  FAILS(rename("file", "folder"), EISDIR);
  FAILS(rename("folder", "file"), ENOTDIR);
  FAILS(rename("file", "new/"), ENOTDIR);
  FAILS(rename("file/", "new"), ENOTDIR);
  FAILS(rename("file/x", "new"), ENOTDIR);
  FAILS(rename("folder", "file/x"), ENOTDIR);
  FAILS(rename("file", name_of('n', NAME_BYTES + 1)), ENAMETOOLONG);
  CHECK(rename("folder/.", "new") == -1 && (errno == EBUSY || errno == EINVAL));
  CHECK(rename("folder/..", "new") == -1 && (errno == EBUSY || errno == EINVAL));
  CHECK(rename("folder", "folder/.") == -1 && (errno == EBUSY || errno == EINVAL));
  CHECK(symlink("loop", "loop") == 0);
  FAILS(rename("loop/x", "new"), ELOOP);
  CHECK(exists("file") && exists("folder") && !exists("new"));
  CHECK(unlink("loop") == 0);
}

static void test_rename_folders(void)
{
  CHECK(mkdir("full", 0755) == 0 && mkdir("empty", 0755) == 0 && mkdir("full/inner", 0755) == 0);
  write_file("full/file", "text");
  FAILS(rename("empty", "full"), ENOTEMPTY);
  FAILS(rename("full", "full/inner/deep"), EINVAL);
  FAILS(rename("full", "full/new"), EINVAL);
  FAILS(rename("full", "full/inner"), EINVAL);
  FAILS(rename("full/inner", "full"), ENOTEMPTY);
  GIVES(rename("full", "full"), 0);
  GIVES(rename("full", "empty"), 0);
  CHECK(!exists("full") && file_is("empty/file", "text"));
  GIVES(rename("empty", "empty2/"), 0);
  CHECK(file_is("empty2/file", "text"));
  GIVES(rename("empty2/", "full"), 0);
  CHECK(file_is("full/file", "text"));
  /* The way up is another one after a folder has moved. */
  CHECK(mkdir("aside", 0755) == 0);
  GIVES(rename("full/inner", "aside/inner"), 0);
  CHECK(is_same_file("aside/inner/..", "aside"));
  CHECK(rmdir("aside/inner") == 0 && rmdir("aside") == 0);
  CHECK(unlink("full/file") == 0 && rmdir("full") == 0);

  CHECK(mkdir("real", 0755) == 0 && symlink("real", "way") == 0);
  FAILS(rename("folder", "way"), ENOTDIR);
  CHECK(rename("real", "real2") == 0);
  CHECK(unlink("way") == 0 && rmdir("real2") == 0 && rmdir("folder") == 0);
}

/* An open folder and the current one go on under their new name. */
static void test_rename_used(void)
{
  char path[PATH_BYTES], expected[PATH_BYTES + 20];
  CHECK(mkdir("used", 0755) == 0 && mkdir("used/deep", 0755) == 0);
  int fd = open("used", O_RDONLY | O_DIRECTORY);
  CHECK(chdir("used/deep") == 0);
  GIVES(rename("../../used", "../../renamed"), 0);
  write_file("here", "x");
  snprintf(expected, sizeof(expected), "%s/renamed/deep", work_folder);
  CHECK(getcwd(path, sizeof(path)) == path && strcmp(path, expected) == 0);
  int file = openat(fd, "deep/here", O_RDONLY);
  CHECK(file >= 0);
  close(file);
  CHECK(chdir("../..") == 0);
  CHECK(exists("renamed/deep/here"));
  close(fd);
}

/* To another file system: a folder that is not there is told first. */
static void test_rename_elsewhere(void)
{
  write_file("here", "text");
  FAILS(rename("here", "/proc/here"), EXDEV);
  FAILS(rename("not_here", "/proc/here"), EXDEV);
  FAILS(rename("no/such/file", "/proc/here"), ENOENT);
  FAILS(rename("here", "/proc/no/such/file"), ENOENT);
  FAILS(rename("here/file", "/proc/here"), ENOTDIR);
  GIVES(unlink("here"), 0);
}

static void test_link(void)
{
  struct stat status;
  write_file("first", "text");
  CHECK(mkdir("dir", 0755) == 0 && symlink("first", "soft") == 0 && symlink("none", "lost") == 0);
  GIVES(link("first", "dir/second"), 0);
  CHECK(is_same_file("first", "dir/second"));
  write_file("dir/second", "changed");
  CHECK(file_is("first", "changed"));
  GIVES(unlink("first"), 0);
  CHECK(file_is("dir/second", "changed"));
  GIVES(link("dir/second", "first"), 0);

  FAILS(link("first", "dir/second"), EEXIST);
  FAILS(link("first", "first"), EEXIST);
  FAILS(link("first", "dir"), EEXIST);
  FAILS(link("first", "lost"), EEXIST);
  FAILS(link("absent", "new"), ENOENT);
  FAILS(link("first", "absent/new"), ENOENT);
  FAILS(link("", "new"), ENOENT);
  FAILS(link("first", ""), ENOENT);
  FAILS(link("dir", "new"), EPERM);
  FAILS(link("first/x", "new"), ENOTDIR);
  FAILS(link("first", "first/new"), ENOTDIR);
  FAILS(link("first", "new/"), ENOENT);
  FAILS(link("first", name_of('n', NAME_BYTES + 1)), ENAMETOOLONG);

  /* link() makes another name of the link itself, unless asked to follow it. */
  GIVES(link("soft", "soft2"), 0);
  CHECK(lstat("soft2", &status) == 0 && S_ISLNK(status.st_mode) && status.st_nlink == 2);
  GIVES(linkat(AT_FDCWD, "soft", AT_FDCWD, "hard", AT_SYMLINK_FOLLOW), 0);
  CHECK(lstat("hard", &status) == 0 && S_ISREG(status.st_mode) && is_same_file("hard", "first"));
  FAILS(linkat(AT_FDCWD, "lost", AT_FDCWD, "new", AT_SYMLINK_FOLLOW), ENOENT);
  FAILS(linkat(AT_FDCWD, "first", AT_FDCWD, "new", 1), EINVAL);
}

static void test_no_permission(void)
{
  if (is_root())
    return;
  CHECK(mkdir("locked", 0755) == 0);
  write_file("locked/file", "x");
  write_file("free", "x");
  CHECK(chmod("locked", 0555) == 0);
  FAILS(unlink("locked/file"), EACCES);
  FAILS(rename("locked/file", "out"), EACCES);
  FAILS(rename("free", "locked/new"), EACCES);
  FAILS(link("free", "locked/new"), EACCES);
  FAILS(symlink("free", "locked/new"), EACCES);
  FAILS(mkdir("locked/new", 0755), EACCES);
  CHECK(chmod("locked", 0755) == 0);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  test_unlink();
  test_remove();
  test_rename_files();
  test_rename_errors();
  test_rename_folders();
  test_rename_used();
  test_rename_elsewhere();
  test_link();
  test_no_permission();
  return leave_folder();
}
