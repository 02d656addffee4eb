/* lseek(), holes, and the length of files: truncate(), ftruncate(), posix_fallocate(), statvfs().
 */
#include "file_check.h"

#include <sys/statvfs.h>

static void test_seek(void)
{
  write_file("file", "0123456789");
  char byte;
  int fd = open("file", O_RDWR);
  GIVES(lseek(fd, 0, SEEK_CUR), 0);
  GIVES(lseek(fd, 4, SEEK_SET), 4);
  GIVES(lseek(fd, 3, SEEK_CUR), 7);
  GIVES(read(fd, &byte, 1), 1);
  CHECK(byte == '7');
  GIVES(lseek(fd, -8, SEEK_CUR), 0);
  GIVES(lseek(fd, 0, SEEK_END), 10);
  GIVES(lseek(fd, -10, SEEK_END), 0);
  GIVES(lseek(fd, 90, SEEK_END), 100);
  GIVES(read(fd, &byte, 1), 0);
  GIVES(lseek(fd, 0, SEEK_CUR), 100);
  GIVES(size_of("file"), 10);
  FAILS(lseek(fd, -1, SEEK_SET), EINVAL);
  FAILS(lseek(fd, -101, SEEK_CUR), EINVAL);
  FAILS(lseek(fd, -11, SEEK_END), EINVAL);
  FAILS(lseek(fd, 0, 17), EINVAL);
  FAILS(lseek(fd, 0, -1), EINVAL);
  /* POSIX has the one, Linux the other. */
  CHECK(lseek(fd, INT64_MAX, SEEK_CUR) == -1 && (errno == EOVERFLOW || errno == EINVAL));
  CHECK(lseek(fd, INT64_MAX, SEEK_END) == -1 && (errno == EOVERFLOW || errno == EINVAL));
  GIVES(lseek(fd, 0, SEEK_CUR), 100);
  GIVES(lseek(fd, 5l << 30, SEEK_SET), 5l << 30);
  GIVES(lseek(fd, -1, SEEK_CUR), (5l << 30) - 1);
  close(fd);
  FAILS(lseek(fd, 0, SEEK_SET), EBADF);
  FAILS(lseek(-1, 0, SEEK_SET), EBADF);
}

/* The offset belongs to the open file, not to the number. */
static void test_shared_offset(void)
{
  char byte;
  write_file("file", "0123456789");
  int fd = open("file", O_RDONLY);
  int twin = dup(fd), stranger = open("file", O_RDONLY);
  GIVES(lseek(fd, 5, SEEK_SET), 5);
  GIVES(lseek(twin, 0, SEEK_CUR), 5);
  GIVES(lseek(stranger, 0, SEEK_CUR), 0);
  GIVES(read(twin, &byte, 1), 1);
  GIVES(lseek(fd, 0, SEEK_CUR), 6);
  close(fd);
  GIVES(read(twin, &byte, 1), 1);
  CHECK(byte == '6');
  close(twin);
  close(stranger);
}

static void test_holes(void)
{
  int fd = open("holes", O_RDWR | O_CREAT, 0600);
  FAILS(lseek(fd, 0, SEEK_DATA), ENXIO);
  FAILS(lseek(fd, 0, SEEK_HOLE), ENXIO);
  GIVES(pwrite(fd, "data", 4, 8 << 20), 4);
  off_t end = (8 << 20) + 4;
  /* A file system may take it all for data, or know the hole. */
  off_t data = lseek(fd, 0, SEEK_DATA);
  CHECK(data >= 0 && data <= 8 << 20);
  GIVES(lseek(fd, 0, SEEK_CUR), data);
  off_t hole = lseek(fd, 0, SEEK_HOLE);
  CHECK(hole == (data > 0 ? 0 : end));
  GIVES(lseek(fd, 8 << 20, SEEK_DATA), 8 << 20);
  GIVES(lseek(fd, (8 << 20) + 2, SEEK_DATA), (8 << 20) + 2);
  GIVES(lseek(fd, 8 << 20, SEEK_HOLE), end);
  FAILS(lseek(fd, end, SEEK_DATA), ENXIO);
  FAILS(lseek(fd, end, SEEK_HOLE), ENXIO);
  FAILS(lseek(fd, end + 100, SEEK_DATA), ENXIO);
  FAILS(lseek(fd, -1, SEEK_DATA), ENXIO);
  close(fd);
}

static void test_truncate(void)
{
  char bytes[20000];
  write_file("cut", "0123456789");
  GIVES(truncate("cut", 4), 0);
  CHECK(file_is("cut", "0123"));
  GIVES(truncate("cut", 6), 0);
  int fd = open("cut", O_RDWR);
  GIVES(read(fd, bytes, sizeof(bytes)), 6);
  CHECK(memcmp(bytes, "0123\0\0", 6) == 0);
  GIVES(ftruncate(fd, 20000), 0);
  GIVES(lseek(fd, 0, SEEK_CUR), 6);
  memset(bytes, 1, sizeof(bytes));
  GIVES(pread(fd, bytes, sizeof(bytes), 0), 20000);
  size_t zeros = 0;
  while (4 + zeros < sizeof(bytes) && bytes[4 + zeros] == 0)
    zeros++;
  GIVES(zeros, 19996);
  GIVES(ftruncate(fd, 0), 0);
  GIVES(read(fd, bytes, 10), 0);
  GIVES(ftruncate(fd, 0), 0);
  GIVES(ftruncate(fd, 5l << 30), 0);
  GIVES(size_of("cut"), 5l << 30);
  struct stat status;
  CHECK(fstat(fd, &status) == 0 && status.st_blocks < 1000);
  GIVES(pread(fd, bytes, 100, (5l << 30) - 10), 10);
  GIVES(ftruncate(fd, 1), 0);
  GIVES(size_of("cut"), 1);
  FAILS(ftruncate(fd, -1), EINVAL);
  GIVES(size_of("cut"), 1);
  close(fd);
  FAILS(ftruncate(fd, 0), EBADF);
  FAILS(ftruncate(-1, 0), EBADF);
  fd = open("cut", O_RDONLY);
  FAILS(ftruncate(fd, 0), EINVAL);
  close(fd);
  int ends[2];
  CHECK(pipe(ends) == 0);
  FAILS(ftruncate(ends[1], 0), EINVAL);
  close(ends[0]);
  close(ends[1]);

  CHECK(mkdir("folder", 0755) == 0 && symlink("cut", "way") == 0);
  GIVES(truncate("way", 100), 0);
  GIVES(size_of("cut"), 100);
  FAILS(truncate("cut", -1), EINVAL);
  FAILS(truncate("folder", 0), EISDIR);
  FAILS(truncate("absent", 0), ENOENT);
  FAILS(truncate("cut/inside", 0), ENOTDIR);
  FAILS(truncate("cut/", 0), ENOTDIR);
  FAILS(truncate("", 0), ENOENT);
  FAILS(truncate(name_of('n', NAME_BYTES + 1), 0), ENAMETOOLONG);
  if (!is_root())
  {
    CHECK(chmod("cut", 0444) == 0);
    FAILS(truncate("cut", 0), EACCES);
  }
}

static void test_allocate(void)
{
  int fd = open("space", O_RDWR | O_CREAT, 0600);
  GIVES(write(fd, "abc", 3), 3);
  GIVES(posix_fallocate(fd, 0, 10000), 0);
  GIVES(size_of("space"), 10000);
  GIVES(posix_fallocate(fd, 0, 100), 0);
  GIVES(size_of("space"), 10000);
  char bytes[4];
  GIVES(pread(fd, bytes, 4, 0), 4);
  CHECK(memcmp(bytes, "abc", 4) == 0);
  GIVES(posix_fallocate(fd, 9999, 2), 0);
  GIVES(size_of("space"), 10001);
  GIVES(posix_fallocate(fd, -1, 2), EINVAL);
  GIVES(posix_fallocate(fd, 0, 0), EINVAL);
  GIVES(posix_fallocate(fd, 0, -1), EINVAL);
  GIVES(posix_fallocate(-1, 0, 1), EBADF);
  close(fd);
  fd = open("space", O_RDONLY);
  GIVES(posix_fallocate(fd, 0, 1), EBADF);
  close(fd);
  int ends[2];
  CHECK(pipe(ends) == 0);
  GIVES(posix_fallocate(ends[1], 0, 1), ESPIPE);
  close(ends[0]);
  close(ends[1]);
}

static bool is_space(const struct statvfs *space)
{
  return space->f_bsize >= 512 && space->f_frsize >= 512 && space->f_blocks > 0 &&
         space->f_bfree <= space->f_blocks && space->f_bavail <= space->f_bfree &&
         space->f_ffree <= space->f_files && space->f_namemax == NAME_BYTES &&
         (space->f_flag & ST_RDONLY) == 0;
}

static void test_space(void)
{
  struct statvfs space, other;
  write_file("file", "x");
  CHECK(symlink("missing", "dangling") == 0);
  GIVES(statvfs(".", &space), 0);
  CHECK(is_space(&space));
  GIVES(statvfs("file", &other), 0);
  CHECK(is_space(&other) && other.f_blocks == space.f_blocks);
  int fd = open("file", O_RDONLY);
  memset(&other, 0, sizeof(other));
  GIVES(fstatvfs(fd, &other), 0);
  CHECK(is_space(&other) && other.f_blocks == space.f_blocks);
  close(fd);
  FAILS(fstatvfs(fd, &other), EBADF);
  FAILS(statvfs("absent", &other), ENOENT);
  FAILS(statvfs("dangling", &other), ENOENT);
  FAILS(statvfs("file/x", &other), ENOTDIR);
  FAILS(statvfs("", &other), ENOENT);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  test_seek();
  test_shared_offset();
  test_holes();
  test_truncate();
  test_allocate();
  test_space();
  return leave_folder();
}
