/* open() and creat(): every flag, what is made, and what is refused. */
#include "file_check.h"

static char buffer[100];

static void test_access_modes(void)
{
  write_file("modes", "abc");
  int fd = open("modes", O_WRONLY);
  FAILS(read(fd, buffer, 1), EBADF);
  GIVES(write(fd, "xy", 2), 2);
  GIVES(fcntl(fd, F_GETFL) & O_ACCMODE, O_WRONLY);
  close(fd);
  fd = open("modes", O_RDONLY);
  FAILS(write(fd, "x", 1), EBADF);
  FAILS(pwrite(fd, "x", 1, 0), EBADF);
  FAILS(ftruncate(fd, 0), EINVAL);
  GIVES(read(fd, buffer, sizeof(buffer)), 3);
  CHECK(memcmp(buffer, "xyc", 3) == 0);
  GIVES(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
  close(fd);
  fd = open("modes", O_RDWR);
  GIVES(read(fd, buffer, 1), 1);
  GIVES(write(fd, "-", 1), 1);
  GIVES(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
  close(fd);
  CHECK(file_is("modes", "x-c"));
}

static void test_creation(void)
{
  mode_t old_mask = umask(027);
  int fd = open("new", O_RDWR | O_CREAT, 0777);
  CHECK(fd >= 0);
  GIVES(mode_of("new"), 0750);
  GIVES(size_of("new"), 0);
  close(fd);
  umask(0);
  fd = open("new_all", O_RDWR | O_CREAT, 0777);
  close(fd);
  GIVES(mode_of("new_all"), 0777);
  umask(old_mask);

  /* The mode is for later: who makes a file may write to it. */
  fd = open("sealed", O_RDWR | O_CREAT, 0);
  CHECK(fd >= 0);
  GIVES(write(fd, "text", 4), 4);
  close(fd);
  GIVES(mode_of("sealed"), 0);
  if (is_root())
    CHECK(file_is("sealed", "text"));
  else
    FAILS(open("sealed", O_RDONLY), EACCES);

  write_file("old", "content");
  fd = open("old", O_RDWR | O_CREAT, 0600);
  close(fd);
  CHECK(file_is("old", "content"));
  GIVES(mode_of("old"), 0644);
  FAILS(open("old", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
  CHECK(file_is("old", "content"));
  fd = creat("old", 0600);
  CHECK(fd >= 0);
  FAILS(read(fd, buffer, 1), EBADF);
  close(fd);
  GIVES(size_of("old"), 0);
  fd = open("fresh", O_WRONLY | O_CREAT | O_EXCL, 0600);
  CHECK(fd >= 0);
  close(fd);

  FAILS(open("missing", O_RDWR), ENOENT);
  FAILS(open("missing/new", O_RDWR | O_CREAT, 0600), ENOENT);
  FAILS(open("old/new", O_RDWR | O_CREAT, 0600), ENOTDIR);
  FAILS(open("", O_RDWR | O_CREAT, 0600), ENOENT);
  CHECK(!exists("missing"));
}

static void test_truncation(void)
{
  write_file("cut", "content");
  int fd = open("cut", O_RDWR | O_TRUNC);
  GIVES(size_of("cut"), 0);
  GIVES(read(fd, buffer, 1), 0);
  close(fd);
  FAILS(open("absent", O_RDWR | O_TRUNC), ENOENT);
}

static void test_folders(void)
{
  CHECK(mkdir("folder", 0755) == 0);
  write_file("file", "x");
  FAILS(open("folder", O_WRONLY), EISDIR);
  FAILS(open("folder", O_RDWR), EISDIR);
  FAILS(open("folder", O_RDONLY | O_CREAT, 0600), EISDIR);
  FAILS(open("folder", O_RDONLY | O_CREAT | O_EXCL, 0600), EEXIST);
  FAILS(open("file", O_RDONLY | O_DIRECTORY), ENOTDIR);
  FAILS(open("file/", O_RDONLY), ENOTDIR);
  FAILS(open("file/.", O_RDONLY), ENOTDIR);
  FAILS(open("file/..", O_RDONLY), ENOTDIR);
  FAILS(open("nothing/", O_RDWR | O_CREAT, 0600), EISDIR);
  FAILS(open("nothing/", O_RDONLY), ENOENT);
  CHECK(!exists("nothing"));
  static const char *const names[] = {"folder", "folder/", "folder/.", "./folder//",
                                      "folder/../folder"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
  {
    int fd = open(names[i], O_RDONLY | O_DIRECTORY);
    struct stat status;
    CHECK(fd >= 0);
    CHECK(fstat(fd, &status) == 0 && S_ISDIR(status.st_mode));
    FAILS(read(fd, buffer, 1), EISDIR);
    FAILS(write(fd, "x", 1), EBADF);
    FAILS(ftruncate(fd, 0), EINVAL);
    close(fd);
  }
}

static void test_links(void)
{
  struct stat status;
  write_file("target", "linked");
  CHECK(mkdir("place", 0755) == 0);
  write_file("place/inside", "inner");
  CHECK(symlink("target", "link") == 0);
  CHECK(symlink("nowhere", "dangling") == 0);
  CHECK(symlink("place", "way") == 0);
  CHECK(file_is("link", "linked"));
  CHECK(file_is("way/inside", "inner"));
  FAILS(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
  FAILS(open("link", O_RDWR | O_CREAT | O_NOFOLLOW, 0600), ELOOP);
  FAILS(open("way", O_RDONLY | O_DIRECTORY | O_NOFOLLOW), ENOTDIR);
  int fd = open("way/inside", O_RDONLY | O_NOFOLLOW);
  CHECK(fd >= 0);
  close(fd);
  fd = open("way", O_RDONLY | O_DIRECTORY);
  CHECK(fd >= 0 && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode));
  close(fd);

  /* A link that leads nowhere is something, but no file. */
  FAILS(open("dangling", O_RDONLY), ENOENT);
  FAILS(open("dangling", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
  FAILS(open("link", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
  CHECK(!exists("nowhere"));
  fd = open("dangling", O_RDWR | O_CREAT, 0600);
  CHECK(fd >= 0);
  close(fd);
  CHECK(exists("nowhere"));

  fd = open("link", O_PATH | O_NOFOLLOW);
  CHECK(fd >= 0 && fstat(fd, &status) == 0 && S_ISLNK(status.st_mode));
  close(fd);
}

static void test_path_only(void)
{
  struct stat status;
  write_file("named", "abc");
  int fd = open("named", O_PATH);
  CHECK(fd >= 0);
  FAILS(read(fd, buffer, 1), EBADF);
  FAILS(write(fd, buffer, 1), EBADF);
  FAILS(lseek(fd, 0, SEEK_SET), EBADF);
  FAILS(fchmod(fd, 0600), EBADF);
  FAILS(ftruncate(fd, 0), EBADF);
  CHECK(fstat(fd, &status) == 0 && status.st_size == 3);
  CHECK((fcntl(fd, F_GETFL) & O_PATH) != 0);
  GIVES(close(fd), 0);
  CHECK(mkdir("base", 0755) == 0);
  write_file("base/file", "there");
  fd = open("base", O_PATH | O_DIRECTORY);
  int inner = openat(fd, "file", O_RDONLY);
  GIVES(read(inner, buffer, 10), 5);
  close(inner);
  GIVES(fchdir(fd), 0);
  CHECK(exists("file"));
  CHECK(chdir("..") == 0);
  close(fd);
}

static void test_status_flags(void)
{
  int fd = open("flags", O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600);
  int flags = fcntl(fd, F_GETFL);
  GIVES(flags & (O_ACCMODE | O_CREAT | O_EXCL | O_APPEND | O_NONBLOCK | O_CLOEXEC),
        O_RDWR | O_APPEND | O_NONBLOCK);
  GIVES(fcntl(fd, F_GETFD), FD_CLOEXEC);
  GIVES(write(fd, "one", 3), 3);
  GIVES(lseek(fd, 0, SEEK_SET), 0);
  GIVES(write(fd, "two", 3), 3);
  GIVES(lseek(fd, 0, SEEK_CUR), 6);
  close(fd);
  CHECK(file_is("flags", "onetwo"));
  fd = open("flags", O_WRONLY | O_SYNC);
  GIVES(fcntl(fd, F_GETFL) & O_SYNC, O_SYNC);
  GIVES(fcntl(fd, F_GETFD), 0);
  GIVES(write(fd, "x", 1), 1);
  close(fd);
  fd = open("flags", O_WRONLY | O_DSYNC);
  CHECK(fd >= 0);
  GIVES(write(fd, "y", 1), 1);
  GIVES(fsync(fd), 0);
  GIVES(fdatasync(fd), 0);
  close(fd);
  FAILS(fsync(fd), EBADF);
  FAILS(fdatasync(-1), EBADF);
  FAILS(close(fd), EBADF);
  FAILS(close(-1), EBADF);
}

/* A file without a name is there until it is closed. */
static void test_removed(void)
{
  struct stat status;
  write_file("gone", "still here");
  int fd = open("gone", O_RDWR);
  CHECK(unlink("gone") == 0);
  CHECK(!exists("gone"));
  CHECK(fstat(fd, &status) == 0 && status.st_nlink == 0 && status.st_size == 10);
  GIVES(read(fd, buffer, 100), 10);
  GIVES(write(fd, "!", 1), 1);
  GIVES(pread(fd, buffer, 100, 6), 5);
  CHECK(memcmp(buffer, "here!", 5) == 0);
  GIVES(ftruncate(fd, 3), 0);
  GIVES(fchmod(fd, 0600), 0);
  write_file("gone", "another");
  GIVES(pread(fd, buffer, 100, 0), 3);
  CHECK(file_is("gone", "another"));
  close(fd);
}

static void test_no_permission(void)
{
  if (is_root())
    return;
  write_file("closed", "x");
  CHECK(mkdir("locked", 0755) == 0);
  write_file("locked/file", "x");
  CHECK(chmod("closed", 0) == 0 && chmod("locked", 0) == 0);
  FAILS(open("closed", O_RDONLY), EACCES);
  FAILS(open("closed", O_WRONLY), EACCES);
  FAILS(open("locked", O_RDONLY), EACCES);
  FAILS(open("locked/file", O_RDONLY), EACCES);
  FAILS(open("locked/new", O_RDWR | O_CREAT, 0600), EACCES);
  CHECK(chmod("closed", 0444) == 0 && chmod("locked", 0500) == 0);
  FAILS(open("closed", O_RDWR), EACCES);
  FAILS(open("closed", O_RDONLY | O_TRUNC), EACCES);
  CHECK(file_is("locked/file", "x"));
  FAILS(open("locked/new", O_RDWR | O_CREAT, 0600), EACCES);
  CHECK(chmod("locked", 0755) == 0);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  test_access_modes();
  test_creation();
  test_truncation();
  test_folders();
  test_links();
  test_path_only();
  test_status_flags();
  test_removed();
  test_no_permission();
  return leave_folder();
}
