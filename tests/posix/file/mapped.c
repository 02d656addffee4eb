/* mmap() of files: private copies, shared read-only views, and what lies past the end. */
#include "file_check.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#define PAGE 4096

static char bytes[5 * PAGE + 100];

static int make_file(const char *path)
{
  for (size_t i = 0; i < sizeof(bytes); i++)
    bytes[i] = (char) (i * 5 + i / PAGE + 1);
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  GIVES(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
  return fd;
}

static void test_private(void)
{
  char back[100];
  int fd = make_file("private");
  char *map = mmap(NULL, sizeof(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
  CHECK(map != MAP_FAILED && (uintptr_t) map % PAGE == 0);
  CHECK(memcmp(map, bytes, sizeof(bytes)) == 0);
  GIVES(lseek(fd, 0, SEEK_CUR), sizeof(bytes));
  /* Writing changes the copy alone. */
  map[10] = '!';
  map[3 * PAGE] = '?';
  GIVES(pread(fd, back, 100, 0), 100);
  CHECK(memcmp(back, bytes, 100) == 0);
  char *second = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 3 * PAGE);
  CHECK(second != MAP_FAILED && memcmp(second, bytes + 3 * PAGE, PAGE) == 0);
  GIVES(munmap(second, PAGE), 0);
  /* The rest of the last page is zero, and its writing goes nowhere. */
  size_t rest = 6 * PAGE - sizeof(bytes), zeros = 0;
  while (zeros < rest && map[sizeof(bytes) + zeros] == 0)
    zeros++;
  GIVES(zeros, rest);
  map[sizeof(bytes)] = 'x';
  GIVES(size_of("private"), sizeof(bytes));
  /* It stays when the descriptor and the file's name are gone. */
  close(fd);
  CHECK(unlink("private") == 0);
  CHECK(map[10] == '!' && map[11] == bytes[11] &&
        map[sizeof(bytes) - 1] == bytes[sizeof(bytes) - 1]);
  GIVES(munmap(map, sizeof(bytes)), 0);
}

/* Of a file that may only be read, also writable, for it is a copy. */
static void test_read_only(void)
{
  close(make_file("shared"));
  int fd = open("shared", O_RDONLY);
  char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
  CHECK(map != MAP_FAILED && memcmp(map, bytes + PAGE, 2 * PAGE) == 0);
  map[0] = 'w';
  CHECK(map[0] == 'w');
  GIVES(munmap(map, 2 * PAGE), 0);
  map = mmap(NULL, sizeof(bytes), PROT_READ, MAP_SHARED, fd, 0);
  CHECK(map != MAP_FAILED && memcmp(map, bytes, sizeof(bytes)) == 0);
  FAILS(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), EACCES);
  GIVES(msync(map, sizeof(bytes), MS_SYNC), 0);
  GIVES(munmap(map, sizeof(bytes)), 0);
  close(fd);
}

/* What this program writes later to a file is seen in a shared view of it. */
static void test_shared(void)
{
  int fd = make_file("seen");
  char *map = mmap(NULL, sizeof(bytes), PROT_READ, MAP_SHARED, fd, 0);
  char *part = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 2 * PAGE);
  CHECK(map != MAP_FAILED && part != MAP_FAILED && map[0] == bytes[0]);
  GIVES(pwrite(fd, "changed", 7, 2 * PAGE + 50), 7);
  CHECK(memcmp(map + 2 * PAGE + 50, "changed", 7) == 0);
  CHECK(memcmp(part + 50, "changed", 7) == 0);
  CHECK(part[49] == bytes[2 * PAGE + 49] && part[57] == bytes[2 * PAGE + 57]);
  int other = open("seen", O_WRONLY);
  GIVES(pwrite(other, "over the edge", 13, 3 * PAGE - 6), 13);
  CHECK(memcmp(map + 3 * PAGE - 6, "over the edge", 13) == 0);
  CHECK(memcmp(part + PAGE - 6, "over t", 6) == 0);
  close(other);
  close(fd);
  CHECK(map[5 * PAGE] == bytes[5 * PAGE]);
  GIVES(munmap(part, PAGE), 0);
  CHECK(memcmp(map + 2 * PAGE + 50, "changed", 7) == 0);
  GIVES(munmap(map, sizeof(bytes)), 0);
}

static void test_places(void)
{
  int fd = make_file("placed");
  char *area = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(area != MAP_FAILED);
  memset(area, 'a', 8 * PAGE);
  char *map = mmap(area + 2 * PAGE, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, PAGE);
  CHECK(map == area + 2 * PAGE && memcmp(map, bytes + PAGE, 2 * PAGE) == 0);
  CHECK(area[2 * PAGE - 1] == 'a' && area[4 * PAGE] == 'a');
  GIVES(munmap(area, 8 * PAGE), 0);

  /* More than 4 GiB into the file. */
  GIVES(pwrite(fd, "far away", 8, 5l << 30), 8);
  map = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 5l << 30);
  CHECK(map != MAP_FAILED && memcmp(map, "far away\0", 9) == 0);
  GIVES(munmap(map, PAGE), 0);
  close(fd);
}

static void test_errors(void)
{
  int fd = make_file("errors"), written = open("errors", O_WRONLY), folder = open(".", O_RDONLY);
  FAILS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, -1, 0), EBADF);
  FAILS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 900, 0), EBADF);
  FAILS(mmap(NULL, 0, PROT_READ, MAP_PRIVATE, fd, 0), EINVAL);
  FAILS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 100), EINVAL);
  FAILS(mmap(NULL, PAGE, PROT_READ, 0, fd, 0), EINVAL);
  FAILS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, written, 0), EACCES);
  FAILS(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, written, 0), EACCES);
  FAILS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, folder, 0), ENODEV);
  int ends[2];
  CHECK(pipe(ends) == 0);
  FAILS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, ends[0], 0), ENODEV);
  close(ends[0]);
  close(ends[1]);
  close(fd);
  close(written);
  close(folder);
}

static sigjmp_buf back;
static volatile int caught_signal;
static void *volatile caught_address;

static void on_fault(int number, siginfo_t *info, void *context)
{
  (void) context;
  caught_signal = number;
  caught_address = info->si_addr;
  siglongjmp(back, 1);
}

/* Which signal reading there raises; 0: none. */
static int read_signal(const volatile char *address)
{
  caught_signal = 0;
  if (sigsetjmp(back, 1) == 0)
    (void) *address;
  return caught_signal;
}

static void test_past_the_end(void)
{
  struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
  CHECK(sigaction(SIGBUS, &action, NULL) == 0 && sigaction(SIGSEGV, &action, NULL) == 0);
  int fd = make_file("ended");
  char *map = mmap(NULL, 8 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
  CHECK(map != MAP_FAILED && memcmp(map, bytes, sizeof(bytes)) == 0);
  GIVES(read_signal(map + 6 * PAGE - 1), 0);
  GIVES(read_signal(map + 6 * PAGE), SIGBUS);
  CHECK(caught_address == map + 6 * PAGE);
  GIVES(read_signal(map + 8 * PAGE - 1), SIGBUS);
  GIVES(munmap(map, 8 * PAGE), 0);
  GIVES(read_signal(map), SIGSEGV);

  /* Writing where only reading is allowed. */
  map = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
  caught_signal = 0;
  if (sigsetjmp(back, 1) == 0)
    *(volatile char *) map = 'x';
  GIVES(caught_signal, SIGSEGV);
  GIVES(mprotect(map, PAGE, PROT_READ | PROT_WRITE), 0);
  map[0] = 'x';
  CHECK(map[0] == 'x' && map[1] == bytes[1]);
  GIVES(munmap(map, PAGE), 0);
  close(fd);
}

int main(int argc, char **argv)
{
  enter_folder(argc, argv);
  test_private();
  test_read_only();
  test_shared();
  test_places();
  test_errors();
  test_past_the_end();
  return leave_folder();
}
