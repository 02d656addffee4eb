/* The heap of the C library on one CPU: classes, alignments, the end of memory, errors. The build
 * changes the names of its functions, so that the host's heap stays as it is. */
#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "arch/x86_64/cpu.h"
#include "libc/malloc_arena.h"
#include "libc/malloc_chunk.h"
#include "malloc_host.h"

#define TEST_LIMIT (64ul << 20)

static void classes_are_tight(void **unused)
{
  (void) unused;
  for (size_t len = 0; len <= MALLOC_SMALL_MAX_BYTES; len++)
  {
    unsigned int size_class = malloc_class_of(len);
    assert_in_range(size_class, 0, MALLOC_CLASSES - 1);
    assert_true(malloc_class_bytes(size_class) >= len);
    assert_true(size_class == 0 || malloc_class_bytes(size_class - 1) < len);
    assert_int_equal(malloc_class_bytes(size_class) % MALLOC_ALIGN_BYTES, 0);
  }
}

static void every_alignment_is_given(void **unused)
{
  (void) unused;
  static const size_t lens[] = {0, 1, 40, 4096, 30000, 70000, MEBIBYTE - 70000, 3 * MEBIBYTE + 5};
  for (size_t align = 1; align <= 1ul << 30; align *= 2)
  {
    struct block blocks[sizeof(lens) / sizeof(lens[0])];
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
    {
      blocks[i] = (struct block){memalign(align, lens[i]), lens[i], (unsigned char) align};
      assert_non_null(blocks[i].bytes);
      assert_int_equal((uintptr_t) blocks[i].bytes % align, 0);
      fill(&blocks[i]);
    }
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
    {
      assert_true(is_kept(&blocks[i], lens[i]));
      free(blocks[i].bytes);
    }
  }
  void *block = NULL;
  assert_int_equal(posix_memalign(&block, 24, 1), EINVAL);
  assert_int_equal(posix_memalign(&block, 4, 1), EINVAL);
  assert_int_equal(posix_memalign(&block, 64, SIZE_MAX), ENOMEM);
  assert_null(block);
  malloc_trim(0);
  assert_int_equal(mapped_bytes, 0);
}

/* Takes blocks until there are none, and frees them. Returns how many. */
static unsigned int take_everything(size_t len_bytes)
{
  unsigned int count = 0;
  void **first = NULL;
  void **block;
  errno = 0;
  while ((block = malloc(len_bytes)) != NULL)
  {
    *block = first;
    first = block;
    count++;
  }
  assert_int_equal(errno, ENOMEM);
  while (first != NULL)
  {
    void **next = *first;
    free(first);
    first = next;
  }
  return count;
}

static void memory_ends_and_comes_back(void **unused)
{
  (void) unused;
  static const size_t lens[] = {16, 112, 1000, 5000, 32768, 60000, 300000, MEBIBYTE, 3 * MEBIBYTE};
  limit_bytes = TEST_LIMIT;
  for (int round = 0; round < 2; round++)
    for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
    {
      /* At least two thirds of the memory are the program's, whatever was there before. */
      size_t got_bytes = take_everything(lens[i]) * lens[i];
      assert_in_range(got_bytes, TEST_LIMIT / 3 * 2, TEST_LIMIT);
      assert_in_range(mapped_bytes, 0, 16 * MEBIBYTE);
    }
  limit_bytes = NO_LIMIT;
  malloc_trim(0);
  assert_int_equal(mapped_bytes, 0);
}

static void sizes_without_bound_are_refused(void **unused)
{
  (void) unused;
  volatile size_t huge[] = {SIZE_MAX, SIZE_MAX - 4096, (size_t) PTRDIFF_MAX, 1ul << 47};
  char *kept = malloc(100);
  strcpy(kept, "kept");
  for (size_t i = 0; i < sizeof(huge) / sizeof(huge[0]); i++)
  {
    errno = 0;
    assert_null(malloc(huge[i]));
    assert_int_equal(errno, ENOMEM);
    assert_null(calloc(1, huge[i]));
    assert_null(calloc(huge[i], 3));
    assert_null(memalign(1ul << 30, huge[i]));
    assert_null(pvalloc(huge[i]));
    char *volatile same = kept;
    assert_null(realloc(kept, huge[i]));
    assert_string_equal(same, "kept");
    kept = same;
  }
  free(kept);
  void *nothing = malloc(0);
  void *more_of_it = malloc(0);
  assert_non_null(nothing);
  assert_ptr_not_equal(nothing, more_of_it);
  free(more_of_it);
  free(nothing);
}

static void large_blocks_grow_where_they_are(void **unused)
{
  (void) unused;
  struct block block = {malloc(4 * MEBIBYTE), 4 * MEBIBYTE, 3};
  fill(&block);
  uintptr_t before = (uintptr_t) block.bytes;
  uint64_t mapped_before = mapped_bytes;
  block.bytes = realloc(block.bytes, 3 * MEBIBYTE);
  assert_int_equal((uintptr_t) block.bytes, before);
  assert_int_equal(mapped_bytes, mapped_before - MEBIBYTE);
  block.bytes = realloc(block.bytes, 7 * MEBIBYTE / 2);
  assert_int_equal((uintptr_t) block.bytes, before);
  assert_true(is_kept(&block, 3 * MEBIBYTE));
  assert_true(all_zero(block.bytes + 3 * MEBIBYTE, MEBIBYTE / 2));
  block.bytes = realloc(block.bytes, 1000);
  assert_true(is_kept(&block, 1000));
  assert_null(realloc(block.bytes, 0));
}

static void freed_large_blocks_serve_again(void **unused)
{
  (void) unused;
  malloc_trim(0);
  uint64_t mapped_before = mapped_bytes;
  struct block block = {malloc(3 * MEBIBYTE), 3 * MEBIBYTE, 5};
  uintptr_t address = (uintptr_t) block.bytes;
  fill(&block);
  free(block.bytes);
  assert_int_equal(mapped_bytes, mapped_before + 3 * MEBIBYTE + PAGE_BYTES);
  char *longer = malloc(7 * MEBIBYTE / 2);
  assert_int_not_equal((uintptr_t) longer, address);
  free(longer); /* no room for both: the older one goes */
  assert_int_equal(mapped_bytes, mapped_before + 7 * MEBIBYTE / 2 + PAGE_BYTES);
  unsigned char *zeroed = calloc(3, MEBIBYTE);
  assert_ptr_equal(zeroed, longer);
  assert_true(all_zero(zeroed, 3 * MEBIBYTE));
  assert_int_equal(malloc_usable_size(zeroed), 7 * MEBIBYTE / 2);
  char *short_of_it = malloc(2 * MEBIBYTE);
  free(zeroed);
  free(malloc(9 * MEBIBYTE)); /* is too much to keep */
  assert_int_equal(mapped_bytes, mapped_before + 7 * MEBIBYTE / 2 + 2 * MEBIBYTE + 2 * PAGE_BYTES);
  free(short_of_it);
  malloc_trim(0);
  assert_int_equal(mapped_bytes, mapped_before);
}

#define ASSERT_CRASHES(statement, message)       \
  do                                             \
  {                                              \
    crash_message = NULL;                        \
    crash_expected = true;                       \
    if (setjmp(after_crash) == 0)                \
    {                                            \
      statement;                                 \
    }                                            \
    crash_expected = false;                      \
    assert_non_null(crash_message);              \
    assert_string_equal(crash_message, message); \
  } while (0)

/* What little a small program takes is in no chunk. */
static void the_first_objects_are_static(void **unused)
{
  (void) unused;
  static struct block blocks[MALLOC_ARENA_BYTES / 16];
  unsigned int count = 0;
  for (; mapped_bytes == 0; count++)
  {
    size_t align = (size_t) 1 << count % 12;
    size_t len = count * 31 % 700;
    blocks[count] = (struct block){memalign(align, len), len, (unsigned char) count};
    assert_int_equal((uintptr_t) blocks[count].bytes % align, 0);
    assert_true(malloc_usable_size(blocks[count].bytes) >= len);
    fill(&blocks[count]);
  }
  assert_in_range(count, 40, 400);
  struct block *grown = &blocks[7];
  assert_true(malloc_arena_has(grown->bytes));
  grown->bytes = realloc(grown->bytes, 5000);
  assert_true(is_kept(grown, grown->len_bytes));
  char *volatile first = (char *) blocks[0].bytes;
  for (unsigned int i = 0; i < count; i++)
  {
    assert_true(is_kept(&blocks[i], blocks[i].len_bytes));
    free(blocks[i].bytes);
  }
  ASSERT_CRASHES(free(first), "free(): double free detected");
  ASSERT_CRASHES(free(first + 16), "free(): invalid pointer");
  ASSERT_CRASHES(free(first + 1), "free(): invalid pointer");
  ASSERT_CRASHES(first = realloc(first, 1), "realloc(): invalid pointer");
}

/* Memory comes from the host page by page: a small program has few. */
static void few_pages_are_touched(void **unused)
{
  (void) unused;
  malloc_trim(0);
  assert_int_equal(mapped_bytes, 0);
  void *block = malloc(100);
  unsigned char present[MALLOC_CHUNK_BYTES / PAGE_BYTES];
  unsigned int pages = 0;
  void *chunk = (void *) malloc_chunk_gva(block);
  assert_int_equal(mincore(chunk, MALLOC_CHUNK_BYTES, present), 0);
  for (size_t i = 0; i < sizeof(present); i++)
    pages += present[i] & 1;
  assert_in_range(pages, 1, 3);
  free(block);
}

/* What cannot be unmapped for lack of memory is unmapped later, and none of it is lost. */
static void unmapping_is_tried_again(void **unused)
{
  (void) unused;
  malloc_trim(0);
  assert_int_equal(mapped_bytes, 0);
  void *blocks[24];
  for (size_t i = 0; i < 8; i++)
  {
    blocks[3 * i] = malloc(MALLOC_CHUNKFUL_MAX_BYTES);
    blocks[3 * i + 1] = malloc(3 * MEBIBYTE);
    blocks[3 * i + 2] = memalign(8 * MEBIBYTE, 20 * MEBIBYTE);
  }
  uint64_t before_bytes = mapped_bytes;
  unmapping_fails = true;
  for (size_t i = 0; i < 24; i++)
    free(blocks[i]);
  assert_int_equal(malloc_trim(0), 0);
  assert_int_equal(mapped_bytes, before_bytes);

  /* Empty chunks serve again. */
  void *again = malloc(MALLOC_CHUNKFUL_MAX_BYTES);
  assert_non_null(again);
  assert_int_equal(mapped_bytes, before_bytes);
  free(again);
  unmapping_fails = false;
  assert_int_equal(malloc_trim(0), 1);
  assert_int_equal(mapped_bytes, 0);
}

/* Objects that are free are given to a CPU that cannot have a cache. */
static void a_cache_is_not_necessary(void **unused)
{
  (void) unused;
  free(malloc(5000)); /* there is a chunk */
  struct malloc_cache *cache = hosted_cpu.malloc_cache;
  hosted_cpu.malloc_cache = NULL;
  kernel_heap_ends = true;
  struct block blocks[100];
  for (size_t i = 0; i < 100; i++)
  {
    blocks[i] = (struct block){malloc(5000), 5000, (unsigned char) i};
    assert_non_null(blocks[i].bytes);
    fill(&blocks[i]);
  }
  assert_null(hosted_cpu.malloc_cache);
  limit_bytes = mapped_bytes;
  assert_int_equal(take_everything(30000) > 0, 1);
  limit_bytes = NO_LIMIT;
  for (size_t i = 0; i < 100; i++)
  {
    assert_true(is_kept(&blocks[i], 5000));
    free(blocks[i].bytes);
  }
  kernel_heap_ends = false;
  hosted_cpu.malloc_cache = cache;
  malloc_trim(0);
  assert_int_equal(mapped_bytes, 0);
}

/* An alignment costs addresses, not memory. */
static void alignments_take_no_memory(void **unused)
{
  (void) unused;
  malloc_trim(0);
  limit_bytes = 24 * MEBIBYTE;
  for (size_t align = 2 * MEBIBYTE; align <= 1ul << 30; align *= 2)
  {
    struct block block = {memalign(align, 23 * MEBIBYTE), 23 * MEBIBYTE, 7};
    assert_non_null(block.bytes);
    fill(&block);
    assert_true(is_kept(&block, block.len_bytes));
    assert_null(memalign(align, 2 * MEBIBYTE));
    free(block.bytes);
  }
  limit_bytes = NO_LIMIT;
  malloc_trim(0);
  assert_int_equal(mapped_bytes, 0);
}

static void errors_of_the_program_end_it(void **unused)
{
  (void) unused;
  char *volatile small = malloc(50);
  char *volatile medium = malloc(100000);
  char *volatile large = malloc(2 * MEBIBYTE);
  char *foreign = mmap(NULL, 2 * MALLOC_CHUNK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  char *volatile inside = foreign + MALLOC_CHUNK_BYTES;
  ASSERT_CRASHES(free(inside), "free(): invalid pointer");
  ASSERT_CRASHES(free(small + 8), "free(): invalid pointer");
  ASSERT_CRASHES(free(medium + 16), "free(): invalid pointer");
  ASSERT_CRASHES(free(medium + MALLOC_SPAN_BYTES), "free(): invalid pointer");
  ASSERT_CRASHES(free(large + 4096), "free(): invalid pointer");
  ASSERT_CRASHES(inside = realloc(large + 4096, 9), "realloc(): invalid pointer");
  free(small);
  ASSERT_CRASHES(free(small), "free(): double free detected");
  free(medium);
  ASSERT_CRASHES(free(medium), "free(): invalid pointer");
  free(large);
  ASSERT_CRASHES(free(large), "free(): invalid pointer");

  /* A write into a freed object. */
  void **volatile written = malloc(200);
  free(written);
  void *link = *written;
  *written = (char *) link + 1;
  ASSERT_CRASHES(inside = malloc(200), "malloc(): corrupted list of free objects");
  *written = link;
  munmap(foreign, 2 * MALLOC_CHUNK_BYTES);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(classes_are_tight),
      cmocka_unit_test(the_first_objects_are_static),
      cmocka_unit_test(few_pages_are_touched),
      cmocka_unit_test(every_alignment_is_given),
      cmocka_unit_test(memory_ends_and_comes_back),
      cmocka_unit_test(sizes_without_bound_are_refused),
      cmocka_unit_test(large_blocks_grow_where_they_are),
      cmocka_unit_test(freed_large_blocks_serve_again),
      cmocka_unit_test(unmapping_is_tried_again),
      cmocka_unit_test(a_cache_is_not_necessary),
      cmocka_unit_test(alignments_take_no_memory),
      cmocka_unit_test(errors_of_the_program_end_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
