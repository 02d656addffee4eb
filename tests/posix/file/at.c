/* Calls with a folder to begin at: openat() and its kin. */
#include "file_check.h"

static int folder, file;

static void test_open(void)
{
  struct stat status;
  int fd = openat(folder, "new", O_RDWR | O_CREAT | O_EXCL, 0640);
  CHECK(fd >= 0);
  GIVES(write(fd, "text", 4), 4);
  close(fd);
  CHECK(file_is("folder/new", "text") && mode_of("folder/new") == 0640);
  FAILS(openat(folder, "new", O_RDWR | O_CREAT | O_EXCL, 0640), EEXIST);
  FAILS(openat(folder, "absent", O_RDONLY), ENOENT);
  FAILS(openat(folder, "", O_RDONLY), ENOENT);
  FAILS(openat(file, "new", O_RDONLY), ENOTDIR);
  FAILS(openat(-1, "new", O_RDONLY), EBADF);
  FAILS(openat(1000, "new", O_RDONLY), EBADF);
  fd = openat(AT_FDCWD, "folder/new", O_RDONLY);
  CHECK(fd >= 0);
  close(fd);

  /* An absolute path asks nobody. */
  char path[PATH_BYTES + 20];
  snprintf(path, sizeof(path), "%s/folder/new", work_folder);
  fd = openat(-1, path, O_RDONLY);
  CHECK(fd >= 0);
  close(fd);
  fd = openat(file, path, O_RDONLY);
  CHECK(fd >= 0);
  close(fd);
  fd = openat(folder, ".", O_RDONLY | O_DIRECTORY);
  CHECK(fd >= 0 && fstat(fd, &status) == 0);
  CHECK(is_same_file("folder", ".") == false);
  close(fd);
  fd = openat(folder, "../file", O_RDONLY);
  CHECK(fd >= 0);
  close(fd);
}

static void test_stat(void)
{
  struct stat status, other;
  GIVES(fstatat(folder, "new", &status, 0), 0);
  CHECK(stat("folder/new", &other) == 0 && other.st_ino == status.st_ino);
  GIVES(fstatat(folder, ".", &status, 0), 0);
  CHECK(stat("folder", &other) == 0 && other.st_ino == status.st_ino);
  GIVES(fstatat(folder, "..", &status, 0), 0);
  CHECK(stat(".", &other) == 0 && other.st_ino == status.st_ino);
  GIVES(fstatat(file, "", &status, AT_EMPTY_PATH), 0);
  CHECK(stat("file", &other) == 0 && other.st_ino == status.st_ino);
  FAILS(fstatat(file, "", &status, 0), ENOENT);
  FAILS(fstatat(file, "x", &status, 0), ENOTDIR);
  FAILS(fstatat(-1, "x", &status, 0), EBADF);
  FAILS(fstatat(folder, "absent", &status, 0), ENOENT);
  FAILS(fstatat(folder, "new", &status, 0x10000000), EINVAL);
  GIVES(faccessat(folder, "new", R_OK, 0), 0);
  FAILS(faccessat(folder, "absent", R_OK, 0), ENOENT);
  FAILS(faccessat(-1, "new", R_OK, 0), EBADF);
}

static void test_names(void)
{
  struct stat status;
  char text[10];
  GIVES(mkdirat(folder, "inner", 0750), 0);
  GIVES(mode_of("folder/inner"), 0750);
  FAILS(mkdirat(folder, "inner", 0750), EEXIST);
  FAILS(mkdirat(-1, "x", 0750), EBADF);
  FAILS(mkdirat(file, "x", 0750), ENOTDIR);
  GIVES(symlinkat("new", folder, "link"), 0);
  CHECK(file_is("folder/link", "text"));
  FAILS(symlinkat("new", -1, "link"), EBADF);
  FAILS(symlinkat("new", file, "link"), ENOTDIR);
  GIVES(readlinkat(folder, "link", text, sizeof(text)), 3);
  FAILS(readlinkat(-1, "link", text, sizeof(text)), EBADF);
  GIVES(fstatat(folder, "link", &status, AT_SYMLINK_NOFOLLOW), 0);
  CHECK(S_ISLNK(status.st_mode));
  GIVES(fstatat(folder, "link", &status, 0), 0);
  CHECK(S_ISREG(status.st_mode));

  int inner = openat(folder, "inner", O_RDONLY | O_DIRECTORY);
  GIVES(linkat(folder, "new", inner, "twin", 0), 0);
  CHECK(is_same_file("folder/new", "folder/inner/twin"));
  FAILS(linkat(-1, "new", inner, "x", 0), EBADF);
  FAILS(linkat(folder, "new", file, "x", 0), ENOTDIR);
  GIVES(renameat(inner, "twin", AT_FDCWD, "moved"), 0);
  CHECK(is_same_file("folder/new", "moved"));
  GIVES(renameat(AT_FDCWD, "moved", inner, "../back"), 0);
  CHECK(is_same_file("folder/new", "folder/back"));
  FAILS(renameat(-1, "x", inner, "y"), EBADF);
  FAILS(renameat(folder, "back", -1, "y"), EBADF);
  FAILS(renameat(file, "x", inner, "y"), ENOTDIR);
  close(inner);

  FAILS(unlinkat(folder, "inner", 0), EISDIR);
  FAILS(unlinkat(folder, "new", AT_REMOVEDIR), ENOTDIR);
  FAILS(unlinkat(folder, "new", 0x10000000), EINVAL);
  FAILS(unlinkat(-1, "new", 0), EBADF);
  GIVES(unlinkat(folder, "inner", AT_REMOVEDIR), 0);
  GIVES(unlinkat(folder, "back", 0), 0);
  GIVES(unlinkat(folder, "link", 0), 0);
  CHECK(file_is("folder/new", "text"));
}

static void test_attributes(void)
{
  struct stat status;
  const struct timespec times[2] = {{100, 1}, {200, 2}};
  GIVES(fchmodat(folder, "new", 0600, 0), 0);
  GIVES(mode_of("folder/new"), 0600);
  GIVES(utimensat(folder, "new", times, 0), 0);
  CHECK(stat("folder/new", &status) == 0 && status.st_mtim.tv_sec == 200);
  GIVES(fchownat(folder, "new", geteuid(), (gid_t) -1, 0), 0);
  FAILS(fchmodat(-1, "new", 0600, 0), EBADF);
  FAILS(fchmodat(file, "new", 0600, 0), ENOTDIR);
  FAILS(fchownat(-1, "new", geteuid(), (gid_t) -1, 0), EBADF);
  FAILS(utimensat(file, "new", times, 0), ENOTDIR);
}

/* The folder is meant, not its name: that may change, and another may have it. */
static void test_renamed_folder(void)
{
  CHECK(rename("folder", "elsewhere") == 0 && mkdir("folder", 0755) == 0);
  int fd = openat(folder, "new", O_RDONLY);
  CHECK(fd >= 0);
  close(fd);
  CHECK(mkdirat(folder, "made", 0755) == 0 && exists("elsewhere/made") && !exists("folder/made"));
  fd = openat(folder, "../file", O_RDONLY);
  CHECK(fd >= 0);
  close(fd);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  CHECK(mkdir("folder", 0755) == 0);
  write_file("file", "plain");
  folder = open("folder", O_RDONLY | O_DIRECTORY);
  file = open("file", O_RDONLY);
  CHECK(folder >= 0 && file >= 0);
  test_open();
  test_stat();
  test_names();
  test_attributes();
  test_renamed_folder();
  close(folder);
  close(file);
  return leave_folder();
}
