/* Mappings of random sizes from several threads at once, on all CPUs; and first touches of the same
 * pages by all of them. The argument: for how many seconds. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#define THREADS      6
#define SLOTS        24
#define PAGE         4096ul
#define ANON         (MAP_PRIVATE | MAP_ANONYMOUS)
#define DATA         (PROT_READ | PROT_WRITE)
#define SHARED_BYTES (8ul << 20)

struct slot
{
  char *begin;
  size_t pages;
  uint64_t seed;
};

static time_t deadline;
static char *shared;
static unsigned long rounds;
static bool broken;

static void check(bool holds)
{
  if (!holds)
    __atomic_store_n(&broken, true, __ATOMIC_RELAXED);
}

static uint32_t next(uint32_t *random)
{
  *random = *random * 1664525 + 1013904223;
  return *random >> 8;
}

static uint64_t *word(const struct slot *slot, size_t page)
{
  return (uint64_t *) (void *) (slot->begin + page * PAGE + page % 500 * 8);
}

/* Deep enough to reach pages of the stack that were not touched before. */
static __attribute__((noinline)) uint64_t use_stack(size_t depth)
{
  volatile char below[3000];
  below[0] = (char) depth;
  return (uint64_t) below[0] + (depth == 0 ? 0 : use_stack(depth - 1));
}

static void fill(struct slot *slot, uint32_t *random)
{
  static const size_t limits[] = {3, 30, 600, 1500};
  slot->pages = 1 + next(random) % limits[next(random) % 4];
  slot->seed = next(random);
  slot->begin = mmap(NULL, slot->pages * PAGE, DATA, ANON, -1, 0);
  if (slot->begin == MAP_FAILED)
  {
    slot->pages = 0;
    return;
  }
  for (size_t page = 0; page < slot->pages; page += 1 + next(random) % 3)
    check(*word(slot, page) == 0);
  for (size_t page = 0; page < slot->pages; page++)
    *word(slot, page) = slot->seed + page;
}

static void change(const struct slot *slot, uint32_t *random)
{
  size_t first = next(random) % slot->pages;
  size_t count = 1 + next(random) % (slot->pages - first);
  char *begin = slot->begin + first * PAGE;
  check(mprotect(begin, count * PAGE, PROT_READ) == 0);
  check(*word(slot, first) == slot->seed + first);
  if (next(random) % 4 == 0)
    check(mprotect(begin, count * PAGE, PROT_NONE) == 0);
  check(mprotect(begin, count * PAGE, DATA) == 0);
  if (next(random) % 4 == 0)
  {
    check(madvise(begin, count * PAGE, MADV_DONTNEED) == 0);
    for (size_t page = first; page < first + count; page++)
    {
      check(*word(slot, page) == 0);
      *word(slot, page) = slot->seed + page;
    }
  }
}

static void empty(struct slot *slot)
{
  for (size_t page = 0; page < slot->pages; page++)
    check(*word(slot, page) == slot->seed + page);
  if (slot->pages > 0)
    check(munmap(slot->begin, slot->pages * PAGE) == 0);
  slot->pages = 0;
}

static void *run(void *argument)
{
  uint32_t random = *(const uint32_t *) argument;
  struct slot slots[SLOTS] = {{.pages = 0}};
  size_t depth = 0;
  while (time(NULL) < deadline)
  {
    struct slot *slot = &slots[next(&random) % SLOTS];
    if (slot->pages == 0)
      fill(slot, &random);
    else if (next(&random) % 2 == 0)
      change(slot, &random);
    else
      empty(slot);
    __atomic_fetch_add((uint64_t *) (void *) (shared + next(&random) % SHARED_BYTES / 8 * 8), 1,
                       __ATOMIC_RELAXED);
    if (depth < 60)
      check(use_stack(depth++) < SIZE_MAX);
    __atomic_fetch_add(&rounds, 1, __ATOMIC_RELAXED);
  }
  for (size_t i = 0; i < SLOTS; i++)
    empty(&slots[i]);
  return NULL;
}

int main(int argc, char **argv)
{
  deadline = time(NULL) + (argc > 1 ? atoi(argv[1]) : 2);
  pthread_t threads[THREADS];
  uint32_t seeds[THREADS];
  shared = mmap(NULL, SHARED_BYTES, DATA, ANON, -1, 0);
  CHECK(shared != MAP_FAILED);
  long before = sysconf(_SC_AVPHYS_PAGES);
  for (uint32_t i = 0; i < THREADS; i++)
  {
    seeds[i] = i + 1;
    CHECK(pthread_create(&threads[i], NULL, run, &seeds[i]) == 0);
  }
  for (int i = 0; i < THREADS; i++)
    CHECK(pthread_join(threads[i], NULL) == 0);
  CHECK(!broken);
  CHECK(rounds > THREADS);
  uint64_t sum = 0;
  for (size_t at = 0; at < SHARED_BYTES; at += 8)
    sum += *(uint64_t *) (void *) (shared + at);
  CHECK(sum == rounds);
  CHECK(munmap(shared, SHARED_BYTES) == 0);
  /* Nothing is lost but what the kernel library keeps for the next time. */
  CHECK(sysconf(_SC_AVPHYS_PAGES) > before - 1024);
  return check_finish();
}
