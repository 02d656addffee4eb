/* read(), write() and their kin: amounts, offsets, vectors, holes, and what is refused. */
#include "file_check.h"

#include <sys/mman.h>
#include <sys/uio.h>

#define VECTORS 1024 /* IOV_MAX, of Linux too */

static char buffer[300000];
static char pattern[300000];

/* Different at every place of a page and from page to page. */
static void make_pattern(void)
{
  for (size_t i = 0; i < sizeof(pattern); i++)
    pattern[i] = (char) (i * 7 + i / 4096 * 13 + i / 251);
}

static bool is_zero(const char *bytes, size_t len)
{
  for (size_t i = 0; i < len; i++)
    if (bytes[i] != 0)
      return false;
  return true;
}

static void test_plain(int fd)
{
  GIVES(write(fd, pattern, sizeof(pattern)), sizeof(pattern));
  GIVES(lseek(fd, 0, SEEK_CUR), sizeof(pattern));
  GIVES(read(fd, buffer, 10), 0);
  GIVES(lseek(fd, 0, SEEK_SET), 0);
  GIVES(read(fd, buffer, sizeof(buffer)), sizeof(pattern));
  CHECK(memcmp(buffer, pattern, sizeof(pattern)) == 0);
  GIVES(read(fd, buffer, sizeof(buffer)), 0);
  GIVES(lseek(fd, -5, SEEK_END), sizeof(pattern) - 5);
  GIVES(read(fd, buffer, sizeof(buffer)), 5);

  /* Odd sizes at odd places: what small pieces wrote, large ones read, and the other way round. */
  GIVES(ftruncate(fd, 0), 0);
  GIVES(lseek(fd, 0, SEEK_SET), 0);
  for (size_t at = 0, piece = 1; at < 100000; at += piece, piece = piece % 997 + 1)
    if (write(fd, pattern + at, piece) != (ssize_t) piece)
      CHECK(false);
  size_t len = (size_t) lseek(fd, 0, SEEK_CUR);
  CHECK(len >= 100000);
  GIVES(pread(fd, buffer, sizeof(buffer), 0), len);
  CHECK(memcmp(buffer, pattern, len) == 0);
  GIVES(lseek(fd, 0, SEEK_SET), 0);
  memset(buffer, 0, sizeof(buffer));
  size_t at = 0;
  ssize_t got;
  for (size_t piece = 1; (got = read(fd, buffer + at, piece)) > 0; piece = piece % 1009 + 1)
    at += (size_t) got;
  GIVES(at, len);
  CHECK(memcmp(buffer, pattern, len) == 0);
}

static void test_at(int fd)
{
  GIVES(ftruncate(fd, 0), 0);
  GIVES(lseek(fd, 3, SEEK_SET), 3);
  GIVES(pwrite(fd, "abcdef", 6, 10), 6);
  GIVES(lseek(fd, 0, SEEK_CUR), 3);
  GIVES(pread(fd, buffer, 100, 0), 16);
  CHECK(is_zero(buffer, 10) && memcmp(buffer + 10, "abcdef", 6) == 0);
  GIVES(pread(fd, buffer, 100, 16), 0);
  GIVES(pread(fd, buffer, 100, 1l << 40), 0);
  GIVES(pread(fd, buffer, 2, 14), 2);
  CHECK(memcmp(buffer, "ef", 2) == 0);
  GIVES(lseek(fd, 0, SEEK_CUR), 3);
  FAILS(pread(fd, buffer, 1, -1), EINVAL);
  FAILS(pwrite(fd, buffer, 1, -1), EINVAL);
  FAILS(pread(fd, buffer, 1, INT64_MIN), EINVAL);
}

static void test_holes(int fd)
{
  GIVES(ftruncate(fd, 0), 0);
  GIVES(lseek(fd, 200000, SEEK_SET), 200000);
  GIVES(write(fd, "end", 3), 3);
  GIVES(pwrite(fd, "middle", 6, 100000), 6);
  memset(buffer, 1, sizeof(buffer));
  GIVES(pread(fd, buffer, sizeof(buffer), 0), 200003);
  CHECK(is_zero(buffer, 100000) && memcmp(buffer + 100000, "middle", 6) == 0);
  CHECK(is_zero(buffer + 100006, 200000 - 100006) && memcmp(buffer + 200000, "end", 3) == 0);
  /* Nothing written beyond the end leaves the end where it is. */
  GIVES(pwrite(fd, "x", 0, 300000), 0);
  struct stat status;
  CHECK(fstat(fd, &status) == 0 && status.st_size == 200003);
  /* What was cut off does not come back. */
  GIVES(ftruncate(fd, 100003), 0);
  GIVES(pwrite(fd, "!", 1, 100010), 1);
  GIVES(pread(fd, buffer, 100, 100000), 11);
  CHECK(memcmp(buffer, "mid\0\0\0\0\0\0\0!", 11) == 0);
}

static void test_zero_lengths(int fd)
{
  GIVES(read(fd, buffer, 0), 0);
  GIVES(write(fd, buffer, 0), 0);
  GIVES(read(fd, NULL, 0), 0);
  GIVES(write(fd, NULL, 0), 0);
  GIVES(readv(fd, NULL, 0), 0);
  GIVES(writev(fd, NULL, 0), 0);
  struct iovec none[2] = {{.iov_base = NULL}, {.iov_base = NULL}};
  GIVES(readv(fd, none, 2), 0);
  GIVES(writev(fd, none, 2), 0);
  FAILS(read(-1, buffer, 0), EBADF);
  FAILS(write(1000000, buffer, 0), EBADF);
}

static void test_vectors(int fd)
{
  static struct iovec vectors[VECTORS + 1];
  char middle[4];
  GIVES(ftruncate(fd, 0), 0);
  GIVES(lseek(fd, 0, SEEK_SET), 0);
  struct iovec out[4] = {{(char[]){"one "}, 4}, {NULL, 0}, {(char[]){"two "}, 4}, {pattern, 5000}};
  GIVES(writev(fd, out, 4), 5008);
  GIVES(lseek(fd, 0, SEEK_SET), 0);
  struct iovec in[3] = {{buffer, 2}, {middle, 4}, {buffer + 2, 10000}};
  GIVES(readv(fd, in, 3), 5008);
  CHECK(memcmp(buffer, "ono ", 4) == 0 && memcmp(middle, "e tw", 4) == 0);
  CHECK(memcmp(buffer + 4, pattern, 5000) == 0);
  GIVES(preadv(fd, in, 3, 5000), 8);
  CHECK(memcmp(buffer, pattern + 4992, 2) == 0 && memcmp(middle, pattern + 4994, 4) == 0);
  GIVES(pwritev(fd, out, 3, 2), 8);
  GIVES(lseek(fd, 0, SEEK_CUR), 5008);
  GIVES(pread(fd, buffer, 10, 0), 10);
  CHECK(memcmp(buffer, "onone two ", 10) == 0);
  FAILS(preadv(fd, in, 1, -1), EINVAL);
  FAILS(pwritev(fd, in, 1, -1), EINVAL);

  /* As many as there may be, of odd lengths, and one more. */
  size_t total = 0;
  for (size_t i = 0; i < VECTORS; i++)
  {
    vectors[i] = (struct iovec){pattern + total, i % 100};
    total += i % 100;
  }
  vectors[VECTORS] = (struct iovec){pattern, 1};
  GIVES(lseek(fd, 1, SEEK_SET), 1);
  GIVES(writev(fd, vectors, VECTORS), total);
  GIVES(pread(fd, buffer, total, 1), total);
  CHECK(memcmp(buffer, pattern, total) == 0);
  for (size_t i = 0; i < VECTORS; i++)
    vectors[i].iov_base = (char *) vectors[i].iov_base - pattern + buffer;
  memset(buffer, 0, sizeof(buffer));
  GIVES(lseek(fd, 1, SEEK_SET), 1);
  GIVES(readv(fd, vectors, VECTORS), total);
  CHECK(memcmp(buffer, pattern, total) == 0);
  FAILS(writev(fd, vectors, VECTORS + 1), EINVAL);
  FAILS(readv(fd, vectors, VECTORS + 1), EINVAL);
  volatile int none = -1; /* which the compiler would see */
  FAILS(writev(fd, vectors, none), EINVAL);
  FAILS(readv(fd, vectors, none), EINVAL);

  /* More together than a result can say; Linux may see first that there is no such buffer. */
  struct iovec large[2] = {{buffer, SSIZE_MAX}, {buffer, 1}};
  CHECK(readv(fd, large, 2) == -1 && (errno == EINVAL || errno == EFAULT));
  CHECK(writev(fd, large, 2) == -1 && (errno == EINVAL || errno == EFAULT));
  large[0].iov_len = (size_t) SSIZE_MAX + 1;
  FAILS(readv(fd, large, 1), EINVAL);
  FAILS(writev(fd, large, 1), EINVAL);
  FAILS(writev(-1, large, 1), EBADF);
}

static void test_append(void)
{
  write_file("appended", "start ");
  int fd = open("appended", O_RDWR | O_APPEND);
  int other = open("appended", O_RDWR);
  GIVES(read(fd, buffer, 2), 2);
  GIVES(write(fd, "one ", 4), 4);
  GIVES(lseek(fd, 0, SEEK_CUR), 10);
  GIVES(write(other, "ST", 2), 2);
  GIVES(pwrite(other, "between ", 8, 10), 8);
  GIVES(write(fd, "two", 3), 3);
  GIVES(lseek(fd, 0, SEEK_CUR), 21);
  struct iovec out[2] = {{(char[]){"th"}, 2}, {(char[]){"ree"}, 3}};
  GIVES(lseek(fd, 0, SEEK_SET), 0);
  GIVES(writev(fd, out, 2), 5);
  CHECK(file_is("appended", "STart one between twothree"));
  /* As Linux has it: the flag counts for pwrite() too. */
  GIVES(pwrite(fd, "!", 1, 0), 1);
  CHECK(file_is("appended", "STart one between twothree!"));
  GIVES(lseek(fd, 0, SEEK_CUR), 26);
  GIVES(fcntl(fd, F_SETFL, 0), 0);
  GIVES(pwrite(fd, "s", 1, 0), 1);
  GIVES(fcntl(other, F_SETFL, O_APPEND), 0);
  GIVES(write(other, "?", 1), 1);
  CHECK(file_is("appended", "sTart one between twothree!?"));
  close(fd);
  close(other);
}

/* Two descriptors of one file see each other's writing at once, read before or not. */
static void test_two_descriptors(void)
{
  write_file("shared", "0123456789");
  int fd = open("shared", O_RDWR), other = open("shared", O_RDWR);
  GIVES(read(fd, buffer, 4), 4);
  GIVES(pwrite(other, "XY", 2, 4), 2);
  GIVES(read(fd, buffer, 4), 4);
  CHECK(memcmp(buffer, "XY67", 4) == 0);
  GIVES(ftruncate(other, 9), 0);
  GIVES(read(fd, buffer, 4), 1);
  GIVES(read(fd, buffer, 4), 0);
  GIVES(pwrite(other, "more", 4, 9), 4);
  GIVES(read(fd, buffer, 100), 4);
  GIVES(write(fd, "tail", 4), 4);
  GIVES(size_of("shared"), 17);
  CHECK(file_is("shared", "0123XY678moretail"));
  CHECK(truncate("shared", 2) == 0);
  GIVES(write(fd, "x", 1), 1);
  GIVES(size_of("shared"), 18);
  close(fd);
  close(other);
}

static void test_bad_buffers(int fd)
{
  char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(pages != MAP_FAILED && munmap(pages + 4096, 4096) == 0);
  GIVES(ftruncate(fd, 0), 0);
  GIVES(pwrite(fd, pattern, 10000, 0), 10000);
  GIVES(lseek(fd, 0, SEEK_SET), 0);
  FAILS(read(fd, pages + 4096, 10), EFAULT);
  FAILS(write(fd, pages + 4096, 10), EFAULT);
  FAILS(pread(fd, pages + 4096, 10, 5), EFAULT);
  FAILS(pwrite(fd, pages + 4096, 10, 5), EFAULT);
  struct iovec bad = {pages + 4096, 10};
  FAILS(readv(fd, &bad, 1), EFAULT);
  FAILS(writev(fd, &bad, 1), EFAULT);
  GIVES(lseek(fd, 0, SEEK_CUR), 0);
  struct stat status;
  CHECK(fstat(fd, &status) == 0 && status.st_size == 10000);
  /* Half there: the half, or nothing. */
  errno = 0;
  ssize_t got = pread(fd, pages + 4000, 1000, 0);
  CHECK((got == -1 && errno == EFAULT) || (got > 0 && got <= 96));
  munmap(pages, 4096);
}

/* Files end somewhere: at the latest where the offset does. */
static void test_too_large(int fd)
{
  errno = 0;
  CHECK(pwrite(fd, "ab", 2, INT64_MAX) == -1);
  CHECK(errno == EFBIG || errno == EINVAL || errno == EOVERFLOW);
  GIVES(pread(fd, buffer, 1, INT64_MAX - 1), 0);
}

static void test_no_files(void)
{
  int ends[2];
  CHECK(pipe(ends) == 0);
  FAILS(pread(ends[0], buffer, 1, 0), ESPIPE);
  FAILS(pwrite(ends[1], buffer, 1, 0), ESPIPE);
  FAILS(lseek(ends[0], 0, SEEK_CUR), ESPIPE);
  close(ends[0]);
  close(ends[1]);
  FAILS(read(ends[0], buffer, 1), EBADF);
  FAILS(write(ends[0], buffer, 1), EBADF);
  FAILS(pread(-1, buffer, 1, 0), EBADF);
  FAILS(pwrite(-1, buffer, 1, 0), EBADF);
  struct iovec one = {buffer, 1};
  FAILS(readv(-1, &one, 1), EBADF);
  FAILS(writev(-1, &one, 1), EBADF);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  make_pattern();
  int fd = open("file", O_RDWR | O_CREAT, 0600);
  CHECK(fd >= 0);
  test_plain(fd);
  test_at(fd);
  test_holes(fd);
  test_zero_lengths(fd);
  test_vectors(fd);
  test_append();
  test_two_descriptors();
  test_bad_buffers(fd);
  test_too_large(fd);
  close(fd);
  test_no_files();
  return leave_folder();
}
