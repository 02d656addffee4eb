/* stat(), fstat(), lstat(), access(): what files say of themselves. */
#include "file_check.h"

static bool is_of(const struct stat *status, mode_t type, mode_t mode)
{
  return (status->st_mode & S_IFMT) == type && (status->st_mode & 07777) == mode;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
  return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_mode == b->st_mode &&
         a->st_size == b->st_size && a->st_nlink == b->st_nlink &&
         a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static void test_kinds(void)
{
  struct stat status, other;
  write_file("file", "0123456789");
  CHECK(mkdir("folder", 0750) == 0);
  CHECK(symlink("file", "link") == 0);
  GIVES(stat("file", &status), 0);
  CHECK(is_of(&status, S_IFREG, 0644));
  CHECK(status.st_size == 10 && status.st_nlink == 1 && status.st_ino != 0);
  CHECK(status.st_uid == geteuid() && status.st_gid == getegid());
  CHECK(status.st_blksize >= 512);
  GIVES(stat("link", &other), 0);
  CHECK(is_same(&status, &other));
  int fd = open("file", O_RDONLY);
  GIVES(fstat(fd, &other), 0);
  CHECK(is_same(&status, &other));
  close(fd);
  GIVES(lstat("file", &other), 0);
  CHECK(is_same(&status, &other));
  GIVES(lstat("link", &other), 0);
  CHECK(is_of(&other, S_IFLNK, 0777) && other.st_size == 4 && other.st_ino != status.st_ino);
  GIVES(stat("folder", &status), 0);
  CHECK(is_of(&status, S_IFDIR, 0750) && status.st_nlink >= 1 && status.st_dev == other.st_dev);
  GIVES(stat("folder/.", &other), 0);
  CHECK(is_same(&status, &other));
  GIVES(stat("folder/..", &status), 0);
  GIVES(stat(".", &other), 0);
  CHECK(is_same(&status, &other));
  GIVES(lstat("/", &status), 0);
  CHECK(S_ISDIR(status.st_mode));
  int ends[2];
  CHECK(pipe(ends) == 0);
  GIVES(fstat(ends[0], &status), 0);
  CHECK(S_ISFIFO(status.st_mode) && status.st_size == 0);
  close(ends[0]);
  close(ends[1]);
}

static void test_errors(void)
{
  struct stat status;
  FAILS(stat("absent", &status), ENOENT);
  FAILS(lstat("absent", &status), ENOENT);
  FAILS(stat("absent/file", &status), ENOENT);
  FAILS(stat("", &status), ENOENT);
  FAILS(lstat("", &status), ENOENT);
  FAILS(stat("file/", &status), ENOTDIR);
  FAILS(stat("file/more", &status), ENOTDIR);
  FAILS(lstat("link/", &status), ENOTDIR);
  CHECK(symlink("self", "self") == 0);
  FAILS(stat("self", &status), ELOOP);
  FAILS(stat("self/more", &status), ELOOP);
  GIVES(lstat("self", &status), 0);
  CHECK(symlink("nowhere", "dangling") == 0);
  FAILS(stat("dangling", &status), ENOENT);
  GIVES(lstat("dangling", &status), 0);
  FAILS(stat(name_of('n', NAME_BYTES + 1), &status), ENAMETOOLONG);
  FAILS(lstat(name_of('/', PATH_BYTES), &status), ENAMETOOLONG);
  FAILS(fstat(-1, &status), EBADF);
  FAILS(fstat(500, &status), EBADF);
  if (is_root())
    return;
  CHECK(mkdir("locked", 0700) == 0);
  write_file("locked/file", "");
  CHECK(chmod("locked", 0600) == 0);
  FAILS(stat("locked/file", &status), EACCES);
  FAILS(lstat("locked/absent", &status), EACCES);
  CHECK(chmod("locked", 0700) == 0);
}

static void test_links_counted(void)
{
  struct stat status, other;
  write_file("counted", "");
  CHECK(link("counted", "second") == 0 && link("second", "third") == 0);
  GIVES(stat("counted", &status), 0);
  GIVES(stat("third", &other), 0);
  CHECK(status.st_nlink == 3 && is_same(&status, &other));
  CHECK(unlink("counted") == 0);
  GIVES(stat("second", &status), 0);
  CHECK(status.st_nlink == 2);
  CHECK(rename("second", "fourth") == 0);
  GIVES(stat("fourth", &other), 0);
  CHECK(is_same(&status, &other));
}

static void test_blocks(void)
{
  struct stat status;
  int fd = open("blocks", O_RDWR | O_CREAT, 0600);
  static char bytes[20000];
  memset(bytes, 1, sizeof(bytes));
  GIVES(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
  GIVES(fsync(fd), 0);
  GIVES(fstat(fd, &status), 0);
  CHECK(status.st_blocks >= 40 && status.st_blocks <= 1000);
  GIVES(ftruncate(fd, 0), 0);
  GIVES(fstat(fd, &status), 0);
  CHECK(status.st_blocks <= 8);
  close(fd);
}

static int64_t ns_of(struct timespec time)
{
  return time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Times are at most a tick of the file system behind the clock. */
static bool is_about_now(struct timespec time)
{
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t late_ns = ns_of(now) - ns_of(time);
  return late_ns > -20000000 && late_ns < 10000000000;
}

static void tick(void)
{
  struct timespec wait = {.tv_nsec = 15000000};
  nanosleep(&wait, NULL);
}

/* What a change does to the times of a file: it lets access alone, and sets what it names. */
static struct stat before;

static void note(const char *path)
{
  CHECK(stat(path, &before) == 0);
  tick();
}

static bool has_changed(const char *path, bool modified, bool changed)
{
  struct stat now;
  return stat(path, &now) == 0 && modified == (ns_of(now.st_mtim) > ns_of(before.st_mtim)) &&
         changed == (ns_of(now.st_ctim) > ns_of(before.st_ctim));
}

static void test_times(void)
{
  char byte;
  write_file("timed", "text");
  CHECK(mkdir("around", 0755) == 0);
  note("timed");
  CHECK(is_about_now(before.st_atim) && is_about_now(before.st_mtim) &&
        is_about_now(before.st_ctim));
  int fd = open("timed", O_RDWR);
  GIVES(read(fd, &byte, 1), 1);
  CHECK(has_changed("timed", false, false));
  GIVES(write(fd, "", 0), 0);
  CHECK(has_changed("timed", false, false));
  GIVES(write(fd, "x", 1), 1);
  CHECK(has_changed("timed", true, true));
  note("timed");
  GIVES(ftruncate(fd, 1), 0);
  CHECK(has_changed("timed", true, true));
  note("timed");
  GIVES(fchmod(fd, 0600), 0);
  CHECK(has_changed("timed", false, true));
  close(fd);
  note("timed");
  CHECK(link("timed", "around/timed") == 0);
  CHECK(has_changed("timed", false, true));
  note("timed");
  write_file("timed", "");
  CHECK(has_changed("timed", true, true));

  note("around");
  write_file("around/new", "");
  CHECK(has_changed("around", true, true));
  note("around");
  write_file("around/new", "more");
  CHECK(chmod("around/new", 0600) == 0);
  CHECK(has_changed("around", false, false));
  CHECK(rename("around/new", "around/newer") == 0);
  CHECK(has_changed("around", true, true));
  note("around");
  CHECK(unlink("around/newer") == 0);
  CHECK(has_changed("around", true, true));
  note("around");
  CHECK(mkdir("around/inner", 0700) == 0);
  CHECK(has_changed("around", true, true));
}

static void test_access(void)
{
  write_file("plain", "");
  CHECK(chmod("plain", 0444) == 0);
  GIVES(access("plain", F_OK), 0);
  GIVES(access("plain", R_OK), 0);
  FAILS(access("plain", X_OK), EACCES);
  FAILS(access("plain", R_OK | X_OK), EACCES);
  CHECK(chmod("plain", 0100) == 0);
  GIVES(access("plain", X_OK), 0);
  GIVES(access(".", R_OK | W_OK | X_OK), 0);
  CHECK(symlink("plain", "to_plain") == 0 && symlink("lost", "to_lost") == 0);
  GIVES(access("to_plain", F_OK), 0);
  FAILS(access("to_lost", F_OK), ENOENT);
  GIVES(faccessat(AT_FDCWD, "to_lost", F_OK, AT_SYMLINK_NOFOLLOW), 0);
  FAILS(access("absent", F_OK), ENOENT);
  FAILS(access("", F_OK), ENOENT);
  FAILS(access("plain/x", F_OK), ENOTDIR);
  FAILS(access("plain/", F_OK), ENOTDIR);
  FAILS(access("self", F_OK), ELOOP);
  FAILS(access("plain", 8), EINVAL);
  FAILS(access("plain", -1), EINVAL);
  GIVES(faccessat(AT_FDCWD, "plain", X_OK, AT_EACCESS), 0);
  FAILS(faccessat(AT_FDCWD, "plain", X_OK, 0x10000000), EINVAL);
  if (is_root())
  {
    CHECK(chmod("plain", 0) == 0);
    GIVES(access("plain", R_OK | W_OK), 0);
    FAILS(access("plain", X_OK), EACCES);
    return;
  }
  FAILS(access("plain", R_OK), EACCES);
  CHECK(chmod("plain", 0444) == 0);
  FAILS(access("plain", W_OK), EACCES);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  test_kinds();
  test_errors();
  test_links_counted();
  test_blocks();
  test_times();
  test_access();
  return leave_folder();
}
