/* chmod(), umask(), chown(), utimensat() and futimens(): what belongs to a file beside its bytes.
 */
#include "file_check.h"

#include <sys/time.h>
#include <utime.h>

static void test_modes(void)
{
  write_file("file", "x");
  CHECK(mkdir("folder", 0755) == 0 && symlink("file", "link") == 0 && symlink("no", "lost") == 0);
  for (int mode = 0; mode < 01000; mode += 037)
  {
    CHECK(chmod("file", (mode_t) mode) == 0);
    GIVES(mode_of("file"), mode);
  }
  GIVES(chmod("file", 06755), 0);
  /* In a mapping without the bits that give rights of others. */
  GIVES(mode_of("file") & 01777, 0755);
  GIVES(chmod("folder", 01777), 0);
  GIVES(mode_of("folder"), 01777);
  GIVES(chmod("link", 0640), 0);
  GIVES(mode_of("file"), 0640);
  int fd = open("file", O_RDONLY);
  GIVES(fchmod(fd, 0604), 0);
  GIVES(mode_of("file"), 0604);
  close(fd);
  FAILS(fchmod(fd, 0600), EBADF);
  FAILS(fchmod(-1, 0600), EBADF);
  FAILS(chmod("absent", 0600), ENOENT);
  FAILS(chmod("lost", 0600), ENOENT);
  FAILS(chmod("", 0600), ENOENT);
  FAILS(chmod("file/x", 0600), ENOTDIR);
  FAILS(chmod("file/", 0600), ENOTDIR);
  FAILS(chmod(name_of('n', NAME_BYTES + 1), 0600), ENAMETOOLONG);
  GIVES(fchmodat(AT_FDCWD, "file", 0644, 0), 0);
  FAILS(fchmodat(AT_FDCWD, "file", 0644, 1), EINVAL);
  struct stat status;
  CHECK(stat("file", &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 1);
}

static void test_mask(void)
{
  mode_t old = umask(0);
  GIVES(umask(077), 0);
  GIVES(umask(07777), 077);
  GIVES(umask(0777), 0777);
  int fd = open("masked", O_WRONLY | O_CREAT, 0777);
  close(fd);
  GIVES(mode_of("masked"), 0);
  CHECK(chmod("masked", 0666) == 0);
  GIVES(mode_of("masked"), 0666);
  umask(old);
  FILE *file = fopen("by_stdio", "w");
  fclose(file);
  GIVES(mode_of("by_stdio"), 0666 & ~old);
}

static void test_owners(void)
{
  struct stat status;
  uid_t user = geteuid();
  gid_t group = getegid();
  GIVES(chown("file", (uid_t) -1, (gid_t) -1), 0);
  GIVES(chown("file", user, group), 0);
  GIVES(lchown("link", user, (gid_t) -1), 0);
  int fd = open("file", O_RDONLY);
  GIVES(fchown(fd, user, group), 0);
  close(fd);
  FAILS(fchown(fd, user, group), EBADF);
  FAILS(chown("absent", user, group), ENOENT);
  FAILS(chown("lost", user, group), ENOENT);
  FAILS(chown("file/x", user, group), ENOTDIR);
  GIVES(fchownat(AT_FDCWD, "lost", user, group, AT_SYMLINK_NOFOLLOW), 0);
  if (!is_root())
  {
    FAILS(chown("file", user + 1, (gid_t) -1), EPERM);
    return;
  }
  CHECK(chmod("file", 06755) == 0);
  GIVES(chown("file", 1234, 5678), 0);
  CHECK(stat("file", &status) == 0 && status.st_uid == 1234 && status.st_gid == 5678);
  GIVES(status.st_mode & 07777, 0755);
  GIVES(lchown("link", 4321, (gid_t) -1), 0);
  CHECK(lstat("link", &status) == 0 && status.st_uid == 4321 && status.st_gid == group);
  CHECK(stat("file", &status) == 0 && status.st_uid == 1234);
}

static bool has_times(const char *path, time_t access_s, long access_ns, time_t modified_s,
                      long modified_ns)
{
  struct stat status;
  return lstat(path, &status) == 0 && status.st_atim.tv_sec == access_s &&
         status.st_atim.tv_nsec == access_ns && status.st_mtim.tv_sec == modified_s &&
         status.st_mtim.tv_nsec == modified_ns;
}

static bool is_now(struct timespec time)
{
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec - time.tv_sec <= 3 && time.tv_sec - now.tv_sec <= 1;
}

static void test_times(void)
{
  struct stat status;
  const struct timespec both[2] = {{1000000000, 123456789}, {2000000000, 987654321}};
  write_file("file", "x");
  GIVES(utimensat(AT_FDCWD, "file", both, 0), 0);
  CHECK(has_times("file", 1000000000, 123456789, 2000000000, 987654321));
  CHECK(stat("file", &status) == 0 && is_now(status.st_ctim));

  const struct timespec modified[2] = {{5, UTIME_OMIT}, {42, 7}};
  GIVES(utimensat(AT_FDCWD, "file", modified, 0), 0);
  CHECK(has_times("file", 1000000000, 123456789, 42, 7));
  const struct timespec neither[2] = {{5, UTIME_OMIT}, {6, UTIME_OMIT}};
  GIVES(utimensat(AT_FDCWD, "file", neither, 0), 0);
  CHECK(has_times("file", 1000000000, 123456789, 42, 7));
  const struct timespec accessed_now[2] = {{5, UTIME_NOW}, {6, UTIME_OMIT}};
  GIVES(utimensat(AT_FDCWD, "file", accessed_now, 0), 0);
  CHECK(stat("file", &status) == 0 && is_now(status.st_atim) && status.st_mtim.tv_sec == 42);
  GIVES(utimensat(AT_FDCWD, "file", NULL, 0), 0);
  CHECK(stat("file", &status) == 0 && is_now(status.st_atim) && is_now(status.st_mtim));

  /* Before 1970. */
  const struct timespec early[2] = {{-10, 500}, {0, 0}};
  GIVES(utimensat(AT_FDCWD, "file", early, 0), 0);
  CHECK(has_times("file", -10, 500, 0, 0));

  int fd = open("file", O_RDONLY);
  GIVES(futimens(fd, both), 0);
  CHECK(has_times("file", 1000000000, 123456789, 2000000000, 987654321));
  GIVES(futimens(fd, NULL), 0);
  CHECK(stat("file", &status) == 0 && is_now(status.st_mtim));
  close(fd);

  /* What is written after the times were set moves them on, what was written before does not. */
  fd = open("file", O_WRONLY);
  GIVES(write(fd, "before", 6), 6);
  GIVES(futimens(fd, both), 0);
  close(fd);
  CHECK(has_times("file", 1000000000, 123456789, 2000000000, 987654321));
  fd = open("file", O_WRONLY);
  GIVES(write(fd, "after", 5), 5);
  close(fd);
  CHECK(stat("file", &status) == 0 && is_now(status.st_mtim));
}

static void test_times_of_links(void)
{
  const struct timespec both[2] = {{1000, 1}, {2000, 2}};
  GIVES(utimensat(AT_FDCWD, "link", both, 0), 0);
  CHECK(has_times("file", 1000, 1, 2000, 2) && !has_times("link", 1000, 1, 2000, 2));
  const struct timespec other[2] = {{3000, 3}, {4000, 4}};
  GIVES(utimensat(AT_FDCWD, "link", other, AT_SYMLINK_NOFOLLOW), 0);
  CHECK(has_times("file", 1000, 1, 2000, 2) && has_times("link", 3000, 3, 4000, 4));
  GIVES(utimensat(AT_FDCWD, "folder", both, 0), 0);
  CHECK(has_times("folder", 1000, 1, 2000, 2));
  GIVES(utimensat(AT_FDCWD, "lost", other, AT_SYMLINK_NOFOLLOW), 0);
}

static void test_times_errors(void)
{
  const struct timespec both[2] = {{1000, 1}, {2000, 2}};
  FAILS(utimensat(AT_FDCWD, "absent", both, 0), ENOENT);
  FAILS(utimensat(AT_FDCWD, "lost", both, 0), ENOENT);
  FAILS(utimensat(AT_FDCWD, "", both, 0), ENOENT);
  FAILS(utimensat(AT_FDCWD, "file/x", both, 0), ENOTDIR);
  FAILS(utimensat(-1, "file", both, 0), EBADF);
  FAILS(utimensat(AT_FDCWD, "file", both, 1), EINVAL);
  FAILS(futimens(-1, both), EBADF);
  const struct timespec large[2] = {{0, 1000000000}, {0, 0}}, negative[2] = {{0, 0}, {0, -1}};
  FAILS(utimensat(AT_FDCWD, "file", large, 0), EINVAL);
  FAILS(utimensat(AT_FDCWD, "file", negative, 0), EINVAL);
}

static void test_old_calls(void)
{
  const struct utimbuf seconds = {.actime = 100, .modtime = 200};
  GIVES(utime("file", &seconds), 0);
  CHECK(has_times("file", 100, 0, 200, 0));
  const struct timeval times[2] = {{300, 5}, {400, 6}};
  GIVES(utimes("file", times), 0);
  CHECK(has_times("file", 300, 5000, 400, 6000));
  struct stat status;
  GIVES(utimes("file", NULL), 0);
  CHECK(stat("file", &status) == 0 && is_now(status.st_atim));
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  test_modes();
  test_mask();
  test_owners();
  test_times();
  test_times_of_links();
  test_times_errors();
  test_old_calls();
  return leave_folder();
}
