/* Memory mappings: what they hold, how they are split and replaced, and the errors of the calls. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

#define PAGE  4096ul
#define LARGE (2ul << 20)
#define ANON  (MAP_PRIVATE | MAP_ANONYMOUS)
#define DATA  (PROT_READ | PROT_WRITE)

static char *map(size_t len, int rights)
{
  return mmap(NULL, len, rights, ANON, -1, 0);
}

static bool is_zero(const char *begin, size_t len)
{
  for (size_t at = 0; at < len; at += sizeof(uint64_t))
  {
    if (*(const uint64_t *) (const void *) (begin + at) != 0)
      return false;
  }
  return true;
}

/* Each page has a word of its own. */
static void mark(char *begin, size_t len, uint64_t seed)
{
  for (size_t at = 0; at < len; at += PAGE)
    *(uint64_t *) (void *) (begin + at + 8) = seed + at;
}

static bool is_marked(const char *begin, size_t len, uint64_t seed)
{
  for (size_t at = 0; at < len; at += PAGE)
  {
    if (*(const uint64_t *) (const void *) (begin + at + 8) != seed + at)
      return false;
  }
  return true;
}

static bool mmap_fails(void *wish, size_t len, int rights, int flags, int fd, off_t at, int error)
{
  errno = 0;
  return mmap(wish, len, rights, flags, fd, at) == MAP_FAILED && errno == error;
}

static bool fails(int result, int error)
{
  bool as_said = result == -1 && errno == error;
  errno = 0;
  return as_said;
}

static void check_errors(void)
{
  CHECK(mmap_fails(NULL, 0, DATA, ANON, -1, 0, EINVAL));
  CHECK(mmap_fails(NULL, PAGE, DATA, MAP_ANONYMOUS, -1, 0, EINVAL));
  CHECK(mmap_fails((void *) 0x90000000123, PAGE, DATA, ANON | MAP_FIXED, -1, 0, EINVAL));
  CHECK(mmap_fails(NULL, PAGE, DATA, ANON, -1, 1, EINVAL));
  CHECK(mmap_fails(NULL, PAGE, DATA, MAP_PRIVATE, 99, 0, EBADF));
  CHECK(mmap_fails(NULL, PAGE, DATA, MAP_PRIVATE, 0, 0, ENODEV));
  CHECK(mmap_fails(NULL, SIZE_MAX, DATA, ANON, -1, 0, ENOMEM));
  CHECK(mmap_fails(NULL, SIZE_MAX / 2, DATA, ANON, -1, 0, ENOMEM));
  CHECK(mmap_fails(NULL, (size_t) 1 << 40, DATA, ANON, -1, 0, ENOMEM));
  CHECK(mmap_fails(NULL, PAGE, DATA | PROT_EXEC, ANON, -1, 0, EACCES));
  CHECK(mmap_fails((void *) 0x1000, PAGE, DATA, ANON | MAP_FIXED, -1, 0, ENOMEM));

  char *pages = map(3 * PAGE, DATA);
  CHECK(mmap_fails(pages + PAGE, PAGE, DATA, ANON | MAP_FIXED_NOREPLACE, -1, 0, EEXIST));
  CHECK(fails(munmap(pages + 1, PAGE), EINVAL));
  CHECK(fails(munmap(pages, 0), EINVAL));
  CHECK(fails(mprotect(pages + 1, PAGE, DATA), EINVAL));
  CHECK(fails(mprotect(pages, PAGE, 64), EINVAL));
  CHECK(fails(mprotect(pages, PAGE, DATA | PROT_EXEC), EACCES));
  CHECK(mprotect(pages, 0, PROT_READ) == 0);
  CHECK(fails(madvise(pages + 1, PAGE, MADV_DONTNEED), EINVAL));
  CHECK(fails(madvise(pages, PAGE, 4711), EINVAL));
  CHECK(madvise(pages, 0, MADV_DONTNEED) == 0);
  CHECK(munmap(pages + PAGE, PAGE) == 0);
  CHECK(munmap(pages + PAGE, PAGE) == 0);
  CHECK(fails(mprotect(pages, 3 * PAGE, PROT_READ), ENOMEM));
  CHECK(fails(madvise(pages, 3 * PAGE, MADV_DONTNEED), ENOMEM));
  CHECK(fails(madvise(pages, 3 * PAGE, MADV_NORMAL), ENOMEM));
  CHECK(fails(mlock(pages, 3 * PAGE), ENOMEM));
  CHECK(fails(msync(pages, 3 * PAGE, MS_SYNC), ENOMEM));
  CHECK(posix_madvise(pages, 3 * PAGE, POSIX_MADV_NORMAL) == ENOMEM);
  CHECK(posix_madvise(pages, PAGE, 4711) == EINVAL);
  CHECK(munmap(pages, 3 * PAGE) == 0);
}

static void check_contents(void)
{
  static const size_t lengths[] = {1, PAGE, 17 * PAGE, LARGE, 3 * LARGE + 5 * PAGE};
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
  {
    size_t whole = (lengths[i] + PAGE - 1) / PAGE * PAGE;
    for (int round = 0; round < 2; round++)
    {
      char *begin = map(lengths[i], DATA);
      CHECK((uintptr_t) begin % PAGE == 0 && is_zero(begin, whole));
      mark(begin, whole, i);
      CHECK(is_marked(begin, whole, i));
      CHECK(munmap(begin, lengths[i]) == 0);
    }
  }
  char *shared = mmap(NULL, PAGE, DATA, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(shared != MAP_FAILED && is_zero(shared, PAGE));
  CHECK(munmap(shared, PAGE) == 0);
}

static void check_discard(void)
{
  char *begin = map(4 * LARGE, DATA);
  mark(begin, 4 * LARGE, 7);
  CHECK(madvise(begin, LARGE, MADV_DONTNEED) == 0);
  CHECK(madvise(begin + 2 * LARGE + 3 * PAGE, 5 * PAGE, MADV_DONTNEED) == 0);
  CHECK(is_zero(begin, LARGE));
  CHECK(is_marked(begin + LARGE, LARGE, 7 + LARGE));
  CHECK(is_marked(begin + 2 * LARGE, 3 * PAGE, 7 + 2 * LARGE));
  CHECK(is_zero(begin + 2 * LARGE + 3 * PAGE, 5 * PAGE));
  CHECK(is_marked(begin + 2 * LARGE + 8 * PAGE, LARGE, 7 + 2 * LARGE + 8 * PAGE));
  CHECK(posix_madvise(begin + LARGE, LARGE, POSIX_MADV_DONTNEED) == 0);
  CHECK(is_marked(begin + LARGE, LARGE, 7 + LARGE));
  mark(begin, LARGE, 8);
  CHECK(is_marked(begin, LARGE, 8));
  CHECK(munmap(begin, 4 * LARGE) == 0);

  char *heap = sbrk(0);
  size_t to_page = -(uintptr_t) heap % PAGE;
  heap = (char *) sbrk((intptr_t) (to_page + 4 * PAGE)) + to_page;
  mark(heap, 4 * PAGE, 3);
  CHECK(madvise(heap + PAGE, PAGE, MADV_DONTNEED) == 0);
  CHECK(is_marked(heap, PAGE, 3) && is_zero(heap + PAGE, PAGE));
  CHECK(is_marked(heap + 2 * PAGE, 2 * PAGE, 3 + 2 * PAGE));
}

/* Holes and rights in the middle of large pages. */
static void check_splits(void)
{
  char *begin = map(3 * LARGE, DATA);
  mark(begin, 3 * LARGE, 1);
  CHECK(mprotect(begin + LARGE + 10 * PAGE, PAGE, PROT_READ) == 0);
  CHECK(mprotect(begin + LARGE + 11 * PAGE, PAGE, PROT_NONE) == 0);
  CHECK(is_marked(begin, LARGE + 11 * PAGE, 1));
  CHECK(mprotect(begin + LARGE, LARGE, PROT_NONE) == 0);
  CHECK(mprotect(begin + LARGE, LARGE, DATA) == 0);
  CHECK(is_marked(begin, 3 * LARGE, 1));
  CHECK(munmap(begin + 5 * PAGE, PAGE) == 0);
  CHECK(munmap(begin + 2 * LARGE + PAGE, LARGE - 2 * PAGE) == 0);
  CHECK(is_marked(begin, 5 * PAGE, 1));
  CHECK(is_marked(begin + 6 * PAGE, 2 * LARGE - 5 * PAGE, 1 + 6 * PAGE));
  CHECK(is_marked(begin + 3 * LARGE - PAGE, PAGE, 1 + 3 * LARGE - PAGE));
  CHECK(mmap(begin + 5 * PAGE, PAGE, DATA, ANON | MAP_FIXED_NOREPLACE, -1, 0) == begin + 5 * PAGE);
  CHECK(is_zero(begin + 5 * PAGE, PAGE));
  CHECK(mmap(begin + LARGE, LARGE, DATA, ANON | MAP_FIXED, -1, 0) == begin + LARGE);
  CHECK(is_zero(begin + LARGE, LARGE));
  CHECK(is_marked(begin + 2 * LARGE, PAGE, 1 + 2 * LARGE));
  CHECK(munmap(begin, 3 * LARGE) == 0);
}

static void check_wishes(void)
{
  char *first = map(PAGE, DATA);
  char *wish = (char *) 0x90000000000;
  CHECK(mmap(wish, PAGE, DATA, ANON, -1, 0) == wish);
  char *other = mmap(first, PAGE, DATA, ANON, -1, 0);
  CHECK(other != MAP_FAILED && other != first);
  CHECK(munmap(wish, PAGE) == 0 && munmap(first, PAGE) == 0 && munmap(other, PAGE) == 0);
}

static int added(int a, int b)
{
  return a + b;
}

/* Code that is copied to memory runs there when it is no longer writable. */
static void check_code(void)
{
  char *code = map(LARGE, DATA);
  for (int round = 0; round < 3; round++)
  {
    memcpy(code + 3 * PAGE, (const void *) (uintptr_t) added, 64);
    CHECK(mprotect(code, LARGE, PROT_READ | PROT_EXEC) == 0);
    int (*copy)(int, int) = (int (*)(int, int))(uintptr_t) (code + 3 * PAGE);
    CHECK(copy(4, 7) == 11);
    CHECK(mprotect(code, LARGE, DATA) == 0);
  }
  CHECK(mprotect(code + 3 * PAGE, PAGE, PROT_READ | PROT_EXEC) == 0);
  CHECK(munmap(code, LARGE) == 0);
  code = map(LARGE, DATA);
  CHECK(is_zero(code, LARGE));
  mark(code, LARGE, 5);
  CHECK(munmap(code, LARGE) == 0);
}

static void check_remap(void)
{
  char *begin = map(2 * PAGE, DATA);
  mark(begin, 2 * PAGE, 9);
  char *grown = mremap(begin, 2 * PAGE, 5 * PAGE, MREMAP_MAYMOVE);
  CHECK(grown != MAP_FAILED && is_marked(grown, 2 * PAGE, 9) && is_zero(grown + 2 * PAGE, PAGE));
  char *behind = mmap(grown + 5 * PAGE, PAGE, DATA, ANON | MAP_FIXED, -1, 0);
  errno = 0;
  CHECK(mremap(grown, 5 * PAGE, 6 * PAGE, 0) == MAP_FAILED && errno == ENOMEM);
  char *moved = mremap(grown, 5 * PAGE, 600 * PAGE, MREMAP_MAYMOVE);
  CHECK(moved != MAP_FAILED && moved != grown && is_marked(moved, 2 * PAGE, 9));
  CHECK(mremap(moved, 600 * PAGE, PAGE, 0) == moved && is_marked(moved, PAGE, 9));
  CHECK(munmap(moved, PAGE) == 0 && munmap(behind, PAGE) == 0);
}

static void check_residence(void)
{
  unsigned char resident[4];
  char *begin = mmap(NULL, LARGE, DATA, ANON | MAP_NORESERVE, -1, 0);
  CHECK(mincore(begin, PAGE, resident) == 0 && (resident[0] & 1) == 0);
  CHECK(mlock(begin + 1, 3 * PAGE) == 0);
  CHECK(mincore(begin, 4 * PAGE, resident) == 0);
  CHECK((resident[0] & resident[1] & resident[2] & resident[3] & 1) == 1);
  char *last = begin + LARGE - PAGE;
  CHECK(munlock(begin, LARGE) == 0);
  CHECK(mincore(last, PAGE, resident) == 0 && (resident[0] & 1) == 0);
  CHECK(munmap(begin, LARGE) == 0);
  CHECK(fails(munlock(begin, LARGE), ENOMEM));
  int local = 0;
  CHECK(mlock(&local, sizeof(local)) == 0);
  begin = mmap(NULL, 4 * PAGE, DATA, ANON | MAP_POPULATE, -1, 0);
  CHECK(mincore(begin, 4 * PAGE, resident) == 0 && (resident[3] & 1) == 1);
  CHECK(is_zero(begin, 4 * PAGE) && munmap(begin, 4 * PAGE) == 0);
}

/* A pointer that nobody has used yet, given to a system call. A console has no end of input, as a
 * file has. */
static void check_buffers(bool has_input)
{
  char *begin = map(100 * PAGE, DATA);
  CHECK(write(1, begin, 0) == 0);
  CHECK(!has_input || read(0, begin, 100 * PAGE) == 0);
  CHECK(mprotect(begin, PAGE, PROT_NONE) == 0);
  CHECK(fails((int) write(1, begin, 1), EFAULT));
  CHECK(munmap(begin, 100 * PAGE) == 0);
  CHECK(fails((int) write(1, begin, 1), EFAULT));
}

/* With an argument it has no input. */
int main(int argc, char **argv)
{
  (void) argv;
  check_errors();
  check_contents();
  check_discard();
  check_splits();
  check_wishes();
  check_code();
  check_remap();
  check_residence();
  check_buffers(argc == 1);
  return check_finish();
}
