/* Heap and mappings from all CPUs: blocks of random sizes that others free, mappings that are cut
 * into pieces, protected, dropped. What was written is there, what is new is zero. */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "stress.h"

#define MOST_WORKERS 32
#define SHARED       64
#define OWN          48
#define MAPPINGS     12
#define MOST_PAGES   256u
#define PAGE         4096ul

/* A block begins with this, and its bytes follow from it. */
struct block
{
  uint64_t mark;
  uint64_t len_bytes;
};

static struct block *shared[SHARED];

/* ---- Heap ---- */

static unsigned char byte_of(uint64_t mark, uint64_t i)
{
  return (unsigned char) ((mark + i) * 0x9e3779b97f4a7c15 >> 56);
}

/* Looks at all of small blocks, at some of large ones. */
static uint64_t step_of(uint64_t len_bytes)
{
  return len_bytes < 512 ? 1 : len_bytes / 97;
}

static void write_block(struct block *block, uint64_t mark, uint64_t len_bytes)
{
  unsigned char *bytes = (unsigned char *) block;
  *block = (struct block){.mark = mark, .len_bytes = len_bytes};
  for (uint64_t i = sizeof(*block); i < len_bytes; i += step_of(len_bytes))
    bytes[i] = byte_of(mark, i);
}

/* Of its first `until` bytes. */
static bool block_is_good(const struct block *block, uint64_t until)
{
  const unsigned char *bytes = (const unsigned char *) block;
  bool good = malloc_usable_size((void *) block) >= sizeof(*block);
  for (uint64_t i = sizeof(*block); i < block->len_bytes && i < until;
       i += step_of(block->len_bytes))
    good = good && bytes[i] == byte_of(block->mark, i);
  return good;
}

static uint64_t random_size(struct random *random)
{
  static const uint64_t most[] = {48, 200, 1000, 5000, 70000, 600000};
  uint64_t limit = most[random_below(random, 2) == 0 ? 0 : random_below(random, 6)];
  return sizeof(struct block) + random_below(random, limit);
}

static struct block *allocate(struct random *random)
{
  uint64_t len_bytes = random_size(random);
  uint64_t align_bytes = 16ul << random_below(random, 9);
  struct block *block = NULL;
  switch (random_below(random, 4))
  {
  case 0:
    block = calloc(1, len_bytes);
    for (uint64_t i = 0; block != NULL && i < len_bytes; i += step_of(len_bytes))
      CHECK(((unsigned char *) block)[i] == 0);
    break;
  case 1:
    block = memalign(align_bytes, len_bytes);
    CHECK((uintptr_t) block % align_bytes == 0);
    break;
  default:
    block = malloc(len_bytes);
  }
  if (CHECK(block != NULL))
    write_block(block, random_below(random, UINT64_MAX), len_bytes);
  return block;
}

static struct block *resize(struct block *block, struct random *random)
{
  uint64_t len_bytes = random_size(random);
  struct block *moved = realloc(block, len_bytes);
  if (!CHECK(moved != NULL))
    return block;
  CHECK(block_is_good(moved, len_bytes));
  write_block(moved, moved->mark, len_bytes);
  return moved;
}

static void drop(struct block *block)
{
  if (block == NULL)
    return;
  CHECK(block_is_good(block, UINT64_MAX));
  free(block);
}

static void use_heap(struct block **own, struct random *random)
{
  uint64_t i = random_below(random, OWN);
  switch (random_below(random, 4))
  {
  case 0:
    own[i] = __atomic_exchange_n(&shared[random_below(random, SHARED)], own[i], __ATOMIC_ACQ_REL);
    break;
  case 1:
    if (own[i] != NULL)
    {
      own[i] = resize(own[i], random);
      break;
    }
    /* Fall through */
  default:
    drop(own[i]);
    own[i] = allocate(random);
  }
}

/* ---- Mappings ---- */

/* Each page that was written begins with its mark; the others are zero. */
struct mapping
{
  unsigned char *memory;
  unsigned int pages;
  bool writable;
  uint64_t marks[MOST_PAGES];
};

static uint64_t *word_of(const struct mapping *mapping, uint64_t page)
{
  return (uint64_t *) (mapping->memory + page * PAGE);
}

static void map(struct mapping *mapping, struct random *random)
{
  unsigned int pages =
      1 + (unsigned int) random_below(random, random_below(random, 4) == 0 ? MOST_PAGES : 16);
  memset(mapping, 0, sizeof(*mapping));
  void *memory =
      mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (!CHECK(memory != MAP_FAILED))
    return;
  *mapping = (struct mapping){.memory = memory, .pages = pages, .writable = true};
}

static void check_mapping(const struct mapping *mapping, struct random *random)
{
  for (unsigned int i = 0; i < 8; i++)
  {
    uint64_t page = random_below(random, mapping->pages);
    CHECK(*word_of(mapping, page) == mapping->marks[page]);
    CHECK(word_of(mapping, page)[PAGE / 8 - 1] == mapping->marks[page]);
  }
}

static void write_pages(struct mapping *mapping, struct random *random)
{
  for (unsigned int i = 0; mapping->writable && i < 8; i++)
  {
    uint64_t page = random_below(random, mapping->pages);
    mapping->marks[page] = random_below(random, UINT64_MAX);
    word_of(mapping, page)[0] = mapping->marks[page];
    word_of(mapping, page)[PAGE / 8 - 1] = mapping->marks[page];
  }
}

/* Drops some pages in the middle: they are zero then. */
static void discard(struct mapping *mapping, struct random *random)
{
  uint64_t first = random_below(random, mapping->pages);
  uint64_t count = 1 + random_below(random, mapping->pages - first);
  CHECK(madvise(mapping->memory + first * PAGE, count * PAGE, MADV_DONTNEED) == 0);
  memset(&mapping->marks[first], 0, count * sizeof(mapping->marks[0]));
}

/* Unmaps its end, or all; the hole may be somebody else's at once. */
static void cut(struct mapping *mapping, struct random *random)
{
  unsigned int left = (unsigned int) random_below(random, mapping->pages);
  CHECK(munmap(mapping->memory + left * PAGE, (mapping->pages - left) * PAGE) == 0);
  mapping->pages = left;
}

static void use_mapping(struct mapping *mapping, struct random *random)
{
  if (mapping->pages == 0)
    map(mapping, random);
  if (mapping->pages == 0)
    return;
  check_mapping(mapping, random);
  switch (random_below(random, 6))
  {
  case 0:
    cut(mapping, random);
    break;
  case 1:
    discard(mapping, random);
    break;
  case 2:
    mapping->writable = !mapping->writable;
    CHECK(mprotect(mapping->memory, mapping->pages * PAGE,
                   mapping->writable ? PROT_READ | PROT_WRITE : PROT_READ) == 0);
    break;
  default:
    write_pages(mapping, random);
  }
}

/* ---- All together ---- */

static void *work(void *argument)
{
  struct random random = random_begin((uintptr_t) argument);
  struct block *own[OWN] = {0};
  struct mapping *mappings = calloc(MAPPINGS, sizeof(*mappings));
  if (!CHECK(mappings != NULL))
    return NULL;
  for (unsigned int i = 0; i < stress_size; i++)
  {
    use_heap(own, &random);
    if (i % 16 == 0)
      use_mapping(&mappings[random_below(&random, MAPPINGS)], &random);
  }
  for (unsigned int i = 0; i < OWN; i++)
    drop(own[i]);
  for (unsigned int i = 0; i < MAPPINGS; i++)
  {
    if (mappings[i].pages != 0)
      CHECK(munmap(mappings[i].memory, mappings[i].pages * PAGE) == 0);
  }
  free(mappings);
  return NULL;
}

int main(int argc, char **argv)
{
  stress_begin(argc, argv, 4000);
  unsigned int count = 2 * uhyve_cpu_count() < MOST_WORKERS ? 2 * uhyve_cpu_count() : MOST_WORKERS;
  do
  {
    pthread_t threads[MOST_WORKERS];
    /* What they do differs from round to round. */
    stress_seed = stress_seed * 6364136223846793005u + 1;
    for (uintptr_t i = 0; i < count; i++)
      CHECK(pthread_create(&threads[i], NULL, work, (void *) i) == 0);
    for (unsigned int i = 0; i < count; i++)
      CHECK(pthread_join(threads[i], NULL) == 0);
    for (unsigned int i = 0; i < SHARED; i++)
    {
      drop(shared[i]);
      shared[i] = NULL;
    }
  } while (stress_goes_on() && check_failures == 0);
  return stress_finish();
}
