/* Descriptors: numbers, dup(), dup2(), dup3(), fcntl(), and their limit. */
#include "file_check.h"

#include <sys/resource.h>

static void test_numbers(void)
{
  write_file("file", "0123456789");
  int first = open("file", O_RDONLY);
  CHECK(first > 2);
  int second = open("file", O_RDONLY), third = open("file", O_RDONLY);
  GIVES(second, first + 1);
  GIVES(third, first + 2);
  close(second);
  close(first);
  GIVES(open("file", O_RDONLY), first);
  GIVES(open("file", O_RDONLY), second);
  GIVES(dup(third), third + 1);
  for (int fd = first; fd <= third + 1; fd++)
    GIVES(close(fd), 0);
  FAILS(close(first), EBADF);
  FAILS(close(100000000), EBADF);
  FAILS(close(INT_MAX), EBADF);
  FAILS(close(INT_MIN), EBADF);
}

static void test_dup(void)
{
  char byte;
  int fd = open("file", O_RDONLY | O_CLOEXEC);
  int copy = dup(fd);
  CHECK(copy > fd);
  GIVES(fcntl(fd, F_GETFD), FD_CLOEXEC);
  GIVES(fcntl(copy, F_GETFD), 0);
  close(fd);
  GIVES(read(copy, &byte, 1), 1);
  FAILS(dup(fd), EBADF);
  FAILS(dup(-1), EBADF);
  close(copy);
}

static void test_dup2(void)
{
  char byte;
  write_file("other", "abc");
  int fd = open("file", O_RDONLY), other = open("other", O_RDONLY | O_CLOEXEC);
  GIVES(dup2(fd, other), other);
  GIVES(fcntl(other, F_GETFD), 0);
  GIVES(read(other, &byte, 1), 1);
  CHECK(byte == '0');
  GIVES(lseek(fd, 0, SEEK_CUR), 1);
  GIVES(dup2(fd, 200), 200);
  GIVES(read(200, &byte, 1), 1);
  CHECK(byte == '1');
  GIVES(dup2(fd, fd), fd);
  GIVES(fcntl(fd, F_SETFD, FD_CLOEXEC), 0);
  GIVES(dup2(fd, fd), fd);
  GIVES(fcntl(fd, F_GETFD), FD_CLOEXEC);
  close(fd);
  FAILS(dup2(fd, fd), EBADF);
  FAILS(dup2(fd, 200), EBADF);
  GIVES(read(200, &byte, 1), 1);
  FAILS(dup2(200, -1), EBADF);
  FAILS(dup2(200, INT_MAX), EBADF);
  close(200);
  close(other);
}

static void test_dup3(void)
{
  int fd = open("file", O_RDONLY);
  GIVES(dup3(fd, 70, O_CLOEXEC), 70);
  GIVES(fcntl(70, F_GETFD), FD_CLOEXEC);
  GIVES(dup3(fd, 70, 0), 70);
  GIVES(fcntl(70, F_GETFD), 0);
  FAILS(dup3(fd, fd, 0), EINVAL);
  FAILS(dup3(fd, 70, O_APPEND), EINVAL);
  FAILS(dup3(fd, -1, 0), EBADF);
  close(fd);
  FAILS(dup3(fd, 70, 0), EBADF);
  close(70);
}

static void test_fcntl(void)
{
  int fd = open("file", O_RDWR);
  int copy = fcntl(fd, F_DUPFD, 50);
  CHECK(copy >= 50);
  int next = fcntl(fd, F_DUPFD_CLOEXEC, copy);
  GIVES(next, copy + 1);
  GIVES(fcntl(copy, F_GETFD), 0);
  GIVES(fcntl(next, F_GETFD), FD_CLOEXEC);
  GIVES(fcntl(next, F_SETFD, 0), 0);
  GIVES(fcntl(next, F_GETFD), 0);

  /* Status flags belong to the open file; how it was opened cannot change. */
  GIVES(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK | O_CREAT | O_WRONLY), 0);
  GIVES(fcntl(copy, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK | O_CREAT),
        O_RDWR | O_APPEND | O_NONBLOCK);
  GIVES(fcntl(copy, F_SETFL, 0), 0);
  GIVES(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDWR);
  FAILS(fcntl(fd, F_DUPFD, -1), EINVAL);
  FAILS(fcntl(fd, F_DUPFD, INT_MAX), EINVAL);
  FAILS(fcntl(fd, 12345), EINVAL);
  close(copy);
  close(next);
  close(fd);
  FAILS(fcntl(fd, F_GETFD), EBADF);
  FAILS(fcntl(fd, F_GETFL), EBADF);
  FAILS(fcntl(fd, F_SETFL, 0), EBADF);
  FAILS(fcntl(fd, F_DUPFD, 0), EBADF);
  FAILS(fcntl(-1, F_SETFD, 0), EBADF);
}

/* Standard streams are descriptors as others. */
static void test_streams(void)
{
  struct stat status;
  for (int fd = 0; fd < 3; fd++)
    CHECK(fstat(fd, &status) == 0);
  int kept = dup(1), file = open("written", O_RDWR | O_CREAT, 0600);
  GIVES(dup2(file, 1), 1);
  fputs("through ", stdout);
  printf("%s\n", "stdio");
  fflush(stdout);
  GIVES(write(1, "and not\n", 8), 8);
  GIVES(dup2(kept, 1), 1);
  close(kept);
  close(file);
  CHECK(file_is("written", "through stdio\nand not\n"));

  kept = dup(0);
  close(0);
  GIVES(open("written", O_RDONLY), 0);
  char line[100];
  CHECK(fgets(line, sizeof(line), stdin) == line && strcmp(line, "through stdio\n") == 0);
  GIVES(dup2(kept, 0), 0);
  close(kept);
}

static void test_limit(void)
{
  struct rlimit limit;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  CHECK(limit.rlim_cur >= 256 && limit.rlim_cur <= limit.rlim_max);
  GIVES(sysconf(_SC_OPEN_MAX), limit.rlim_cur);

  /* A smaller one, so that it is reached soon. */
  struct rlimit small = {.rlim_cur = 100, .rlim_max = limit.rlim_max};
  CHECK(setrlimit(RLIMIT_NOFILE, &small) == 0);
  int fd, last = -1, count = 0;
  while ((fd = open("file", O_RDONLY)) >= 0 && count < 200)
  {
    last = fd;
    count++;
  }
  CHECK(errno == EMFILE);
  GIVES(last, 99);
  FAILS(open("unmade", O_RDWR | O_CREAT, 0600), EMFILE);
  CHECK(!exists("unmade"));
  FAILS(dup(last), EMFILE);
  FAILS(fcntl(last, F_DUPFD, 0), EMFILE);
  FAILS(fcntl(last, F_DUPFD, 100), EINVAL);
  FAILS(dup2(last, 100), EBADF);
  FAILS(dup3(last, 100, 0), EBADF);
  int ends[2] = {-7, -7};
  FAILS(pipe(ends), EMFILE);
  CHECK(ends[0] == -7 && ends[1] == -7);
  GIVES_NULL(fopen("file", "r"), EMFILE);
  GIVES_NULL(opendir("."), EMFILE);
  close(50);
  FAILS(pipe(ends), EMFILE);
  GIVES(open("file", O_RDONLY), 50);
  GIVES(dup2(last, 50), 50);
  for (fd = 3; fd < 100; fd++)
    close(fd);
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  GIVES(dup2(0, 100), 100);
  close(100);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  test_numbers();
  test_dup();
  test_dup2();
  test_dup3();
  test_fcntl();
  test_streams();
  test_limit();
  return leave_folder();
}
