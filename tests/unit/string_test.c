/* The memory functions of the kernel library, on the host, each code path forced in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch/x86_64/cpu_features.h"
#include "string_tuning.h"

void uhyve_string_init(const struct cpu_features *features);
void *uhyve_memcpy(void *restrict dst, const void *restrict src, size_t count);
void *uhyve_memmove(void *dst, const void *src, size_t count);
void *uhyve_memset(void *dst, int value, size_t count);
int uhyve_memcmp(const void *left, const void *right, size_t count);

#define SMALL_MAX_BYTES ((size_t) 300)
#define ALIGNMENTS      ((size_t) 64)
#define ARENA_BYTES     ((size_t) 4 << 20)
#define CANARY          0xa5

/* Readable and writable memory between two pages that are neither. */
struct arena
{
  unsigned char *start;
  unsigned char *end;
};

/* One way through the functions, to be forced where the CPU has it. */
struct path
{
  struct string_tuning tuning;
  struct arena left;
  struct arena right;
};

static struct string_tuning detected;

/* Sizes around every threshold and block above the exhaustive range. */
static const size_t large_sizes[] = {383,  384,  385,  511,   512,   513,   1023,   1024,   1025,
                                     1151, 1152, 1153, 2047,  2048,  2049,  4095,   4096,   4097,
                                     8191, 8192, 8193, 65535, 65536, 65537, 131071, 1048577};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void arena_create(struct arena *arena)
{
  size_t page = (size_t) sysconf(_SC_PAGESIZE);
  unsigned char *area =
      mmap(NULL, ARENA_BYTES + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  assert_ptr_not_equal(area, MAP_FAILED);
  arena->start = area + page;
  arena->end = arena->start + ARENA_BYTES;
  assert_int_equal(mprotect(arena->start, ARENA_BYTES, PROT_READ | PROT_WRITE), 0);
}

static void arena_destroy(struct arena *arena)
{
  size_t page = (size_t) sysconf(_SC_PAGESIZE);

  assert_int_equal(munmap(arena->start - page, ARENA_BYTES + 2 * page), 0);
}

static int path_enter(void **state)
{
  struct path *path = *state;

  arena_create(&path->left);
  arena_create(&path->right);
  string_tuning = path->tuning;
  return 0;
}

static int path_leave(void **state)
{
  struct path *path = *state;

  string_tuning = detected;
  arena_destroy(&path->left);
  arena_destroy(&path->right);
  return 0;
}

static void skip_if_absent(const struct path *path)
{
  if (path->tuning.level > detected.level)
    skip();
}

static uint32_t random_next(void)
{
  static uint64_t seed = 0x9e3779b97f4a7c15u;

  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t) (seed >> 32);
}

static void fill_random(unsigned char *bytes, size_t count)
{
  for (size_t i = 0; i < count; i++)
    bytes[i] = (unsigned char) random_next();
}

/* Whether count bytes all hold value. One comparison each for speed: no cmocka macro per byte. */
static int all_are(const unsigned char *bytes, unsigned char value, size_t count)
{
  for (size_t i = 0; i < count; i++)
    if (bytes[i] != value)
      return 0;
  return 1;
}

typedef void *copy_function(void *dst, const void *src, size_t count);

static void *copy_plain(void *dst, const void *src, size_t count)
{
  return uhyve_memcpy(dst, src, count);
}

/* Copies between two places and looks at the bytes on both sides of the destination. */
static void check_copy(copy_function *copy, unsigned char *dst, const unsigned char *src,
                       size_t count, size_t before, size_t after)
{
  memset(dst - before, CANARY, before + count + after);
  assert_ptr_equal(copy(dst, src, count), dst);
  assert_int_equal(memcmp(dst, src, count), 0);
  assert_true(all_are(dst - before, CANARY, before));
  assert_true(all_are(dst + count, CANARY, after));
}

static void check_copies(struct path *path, copy_function *copy)
{
  fill_random(path->right.start, ARENA_BYTES);
  for (size_t count = 0; count <= SMALL_MAX_BYTES; count++)
  {
    for (size_t i = 0; i < ALIGNMENTS; i++)
    {
      /* Every alignment of either side, and both ends of both areas against a guard page. */
      check_copy(copy, path->left.start + 64 + i, path->right.start, count, 64, 64);
      check_copy(copy, path->left.end - 64 - i - count, path->right.end - count, count, 64, 64);
      check_copy(copy, path->left.start, path->right.start + i, count, 0, 64);
      check_copy(copy, path->left.end - count, path->right.end - i - count, count, 64, 0);
    }
  }
  for (size_t i = 0; i < COUNT_OF(large_sizes); i++)
  {
    size_t count = large_sizes[i];

    check_copy(copy, path->left.start, path->right.end - count, count, 0, 64);
    check_copy(copy, path->left.end - count, path->right.start, count, 64, 0);
  }
  for (size_t i = 0; i < 500; i++)
  {
    size_t count = random_next() % 100000;

    check_copy(copy, path->left.start + 64 + random_next() % 5000,
               path->right.start + random_next() % 5000, count, 64, 64);
  }
}

static void memcpy_copies(void **state)
{
  skip_if_absent(*state);
  check_copies(*state, copy_plain);
}

/* Moves inside one area; `expected` has the area's content, and then what it must become. */
static void check_move(unsigned char *area, unsigned char *expected, size_t area_bytes, size_t to,
                       size_t from, size_t count)
{
  memcpy(area, expected, area_bytes);
  memmove(expected + to, expected + from, count);
  assert_ptr_equal(uhyve_memmove(area + to, area + from, count), area + to);
  assert_int_equal(memcmp(area, expected, area_bytes), 0);
}

static void memmove_moves_overlapping_areas(void **state)
{
  struct path *path = *state;

  skip_if_absent(path);
  fill_random(path->right.start, ARENA_BYTES);
  for (size_t count = 0; count <= SMALL_MAX_BYTES; count++)
  {
    size_t area_bytes = count + ALIGNMENTS + 1;

    for (size_t distance = 0; distance <= ALIGNMENTS; distance++)
    {
      check_move(path->left.start, path->right.start, area_bytes, 0, distance, count);
      check_move(path->left.start, path->right.start, area_bytes, distance, 0, count);
      check_move(path->left.end - area_bytes, path->right.start, area_bytes,
                 area_bytes - count - distance, area_bytes - count, count);
      check_move(path->left.end - area_bytes, path->right.start, area_bytes, area_bytes - count,
                 area_bytes - count - distance, count);
    }
  }
  for (size_t i = 0; i < COUNT_OF(large_sizes); i++)
  {
    static const size_t distances[] = {1, 15, 16, 31, 32, 33, 63, 64, 127, 128, 129, 255, 4096};
    size_t count = large_sizes[i];

    for (size_t j = 0; j < COUNT_OF(distances); j++)
    {
      size_t area_bytes = count + distances[j];
      unsigned char *area = path->left.end - area_bytes;

      check_move(area, path->right.start, area_bytes, 0, distances[j], count);
      check_move(area, path->right.start, area_bytes, distances[j], 0, count);
    }
  }
  for (size_t i = 0; i < 1000; i++)
  {
    size_t count = random_next() % 20000;

    check_move(path->left.start, path->right.start, 40000, random_next() % 20000,
               random_next() % 20000, count);
  }
}

typedef void *set_function(void *dst, int value, size_t count);

static void check_set(set_function *set, unsigned char *dst, int value, size_t count, size_t before,
                      size_t after)
{
  memset(dst - before, CANARY, before + count + after);
  assert_ptr_equal(set(dst, value, count), dst);
  assert_true(all_are(dst, (unsigned char) value, count));
  assert_true(all_are(dst - before, CANARY, before));
  assert_true(all_are(dst + count, CANARY, after));
}

static void check_sets(struct path *path, set_function *set)
{
  /* Only the lowest byte of the value counts. */
  static const int values[] = {0, 1, 0x7f, 0x80, 0xff, -1, 0x12345678};

  for (size_t count = 0; count <= SMALL_MAX_BYTES; count++)
  {
    for (size_t i = 0; i < ALIGNMENTS; i++)
      check_set(set, path->left.start + 64 + i, (int) i, count, 64, 64);
    for (size_t i = 0; i < COUNT_OF(values); i++)
    {
      check_set(set, path->left.start, values[i], count, 0, 64);
      check_set(set, path->left.end - count, values[i], count, 64, 0);
    }
  }
  for (size_t i = 0; i < COUNT_OF(large_sizes); i++)
  {
    check_set(set, path->left.start, 0x5a, large_sizes[i], 0, 64);
    check_set(set, path->left.end - large_sizes[i], 0, large_sizes[i], 64, 0);
  }
  for (size_t i = 0; i < 500; i++)
    check_set(set, path->left.start + 64 + random_next() % 5000, (int) random_next(),
              random_next() % 100000, 64, 64);
}

static void memset_fills(void **state)
{
  skip_if_absent(*state);
  check_sets(*state, uhyve_memset);
}

static int sign(int number)
{
  return (number > 0) - (number < 0);
}

/* Equal areas; then a difference at `at`, seen both ways; then an opposite one behind it. */
static void check_compare(unsigned char *left, unsigned char *right, size_t count, size_t at)
{
  unsigned char kept = left[at];
  unsigned char last = right[count - 1];

  right[at] = (unsigned char) (kept ^ 0x80);
  int order = kept < right[at] ? -1 : 1;

  assert_int_equal(sign(uhyve_memcmp(left, right, count)), order);
  assert_int_equal(sign(uhyve_memcmp(right, left, count)), -order);
  if (at != count - 1)
  {
    right[count - 1] = order < 0 ? 0x00 : 0xff;
    assert_int_equal(sign(uhyve_memcmp(left, right, count)), order);
    right[count - 1] = last;
  }
  right[at] = kept;
  assert_int_equal(uhyve_memcmp(left, right, count), 0);
}

static void memcmp_orders_unsigned_bytes(void **state)
{
  struct path *path = *state;

  skip_if_absent(path);
  fill_random(path->left.start, ARENA_BYTES);
  for (size_t count = 1; count <= SMALL_MAX_BYTES; count++)
  {
    memcpy(path->right.start, path->left.start, count);
    memcpy(path->right.end - count, path->left.end - count, count);
    for (size_t at = 0; at < count; at++)
    {
      check_compare(path->left.start, path->right.start, count, at);
      check_compare(path->left.end - count, path->right.end - count, count, at);
    }
    for (size_t i = 1; i < ALIGNMENTS; i++)
    {
      memcpy(path->right.start + i, path->left.start, count);
      check_compare(path->left.start, path->right.start + i, count, random_next() % count);
    }
  }
  for (size_t i = 0; i < COUNT_OF(large_sizes); i++)
  {
    size_t count = large_sizes[i];

    memcpy(path->right.start + 3, path->left.end - count, count);
    check_compare(path->left.end - count, path->right.start + 3, count, 0);
    check_compare(path->left.end - count, path->right.start + 3, count, count - 1);
    for (size_t j = 0; j < 50; j++)
      check_compare(path->left.end - count, path->right.start + 3, count, random_next() % count);
  }
}

static void memcmp_ignores_what_lies_outside(void **state)
{
  struct path *path = *state;

  skip_if_absent(path);
  memset(path->left.start, 0x11, 1000);
  memset(path->right.start, 0xee, 1000);
  for (size_t count = 0; count <= SMALL_MAX_BYTES; count++)
  {
    memset(path->right.start + 64, 0x11, count);
    assert_int_equal(uhyve_memcmp(path->left.start + 64, path->right.start + 64, count), 0);
  }
}

static void string_init_is_no_worse_than_the_baseline(void **state)
{
  (void) state;
  assert_in_range(detected.level, STRING_LEVEL_SSE2, STRING_LEVEL_EVEX);
  assert_true(detected.rep_stos_min_bytes >= (size_t) 1 << 20);
#ifdef __AVX2__
  assert_true(detected.level >= STRING_LEVEL_AVX2);
#endif
}

#define ON_PATH(test, path)                                   \
  {                                                           \
#test " on " #path, test, path_enter, path_leave, &(path) \
  }

int main(void)
{
  /* string_init has not run: the baseline as a program starts with it. */
  static struct path sse2, avx2, evex, sse2_rep, avx2_rep;

  sse2.tuning = string_tuning;
  struct cpu_features features = cpu_features_read();
  uhyve_string_init(&features);
  detected = string_tuning;
  avx2.tuning = sse2.tuning;
  avx2.tuning.level = STRING_LEVEL_AVX2;
  evex.tuning = sse2.tuning;
  evex.tuning.level = STRING_LEVEL_EVEX;
  /* The `rep` paths are right on any CPU, if slow on some. */
  sse2_rep.tuning = (struct string_tuning){STRING_LEVEL_SSE2, 1, true, 1000};
  avx2_rep.tuning = (struct string_tuning){STRING_LEVEL_AVX2, 1, true, 1000};

  const struct CMUnitTest tests[] = {
      cmocka_unit_test(string_init_is_no_worse_than_the_baseline),
      ON_PATH(memcpy_copies, sse2),
      ON_PATH(memcpy_copies, avx2),
      ON_PATH(memcpy_copies, evex),
      ON_PATH(memmove_moves_overlapping_areas, sse2),
      ON_PATH(memmove_moves_overlapping_areas, avx2),
      ON_PATH(memmove_moves_overlapping_areas, evex),
      ON_PATH(memset_fills, sse2),
      ON_PATH(memset_fills, avx2),
      ON_PATH(memset_fills, evex),
      ON_PATH(memset_fills, sse2_rep),
      ON_PATH(memset_fills, avx2_rep),
      ON_PATH(memcmp_orders_unsigned_bytes, sse2),
      ON_PATH(memcmp_orders_unsigned_bytes, avx2),
      ON_PATH(memcmp_orders_unsigned_bytes, evex),
      ON_PATH(memcmp_ignores_what_lies_outside, sse2),
      ON_PATH(memcmp_ignores_what_lies_outside, avx2),
      ON_PATH(memcmp_ignores_what_lies_outside, evex),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
