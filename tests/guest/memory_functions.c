/* memcpy and its family against byte loops, over lengths, alignments and overlaps. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "check.h"

#define SPACE_BYTES 4096
#define BIG_BYTES   (5 << 20)

static unsigned char memory[SPACE_BYTES], model[SPACE_BYTES];

/* Through volatile pointers, so that the compiler calls the functions. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static void *(*volatile move)(void *, const void *, size_t) = memmove;
static void *(*volatile set)(void *, int, size_t) = memset;
static int (*volatile compare)(const void *, const void *, size_t) = memcmp;

static uint32_t next_random(void)
{
  static uint32_t state = 12345;
  state = state * 1664525 + 1013904223;
  return state >> 8;
}

static bool same(void)
{
  for (size_t i = 0; i < SPACE_BYTES; i++)
  {
    if (memory[i] != model[i])
      return false;
  }
  return true;
}

static void check_small(void)
{
  for (size_t i = 0; i < SPACE_BYTES; i++)
    memory[i] = model[i] = (unsigned char) next_random();
  for (int round = 0; round < 20000; round++)
  {
    size_t limit = round % 4 == 0 ? 2000 : 100;
    size_t len = next_random() % limit;
    size_t to = next_random() % (SPACE_BYTES - len);
    size_t from = next_random() % (SPACE_BYTES - len);
    bool overlap = to < from + len && from < to + len;
    bool good;
    if (round % 3 == 0)
    {
      int byte = (int) next_random();
      for (size_t i = 0; i < len; i++)
        model[to + i] = (unsigned char) byte;
      good = set(memory + to, byte, len) == memory + to;
    }
    else
    {
      unsigned char old[SPACE_BYTES];
      for (size_t i = 0; i < len; i++)
        old[i] = model[from + i];
      for (size_t i = 0; i < len; i++)
        model[to + i] = old[i];
      good = (overlap ? move : copy)(memory + to, memory + from, len) == memory + to;
    }
    if (!good || (round % 16 == 0 && !same()))
    {
      CHECK(good && same());
      return;
    }
  }
  CHECK(same());
}

static void check_compare(void)
{
  unsigned char a[300], b[300];
  bool good = true;
  for (size_t len = 0; len < 280; len++)
  {
    for (size_t offset = 0; offset < 8; offset++)
    {
      for (size_t i = 0; i < len; i++)
        a[i] = b[i + offset] = (unsigned char) next_random();
      good = good && compare(a, b + offset, len) == 0;
      if (len == 0)
        continue;
      size_t at = next_random() % len;
      a[at] = (unsigned char) (a[at] ^ 0x80);
      bool more = a[at] > b[at + offset];
      good = good && (compare(a, b + offset, len) > 0) == more;
      good = good && (compare(b + offset, a, len) < 0) == more;
    }
  }
  CHECK(good);
}

static void check_big(void)
{
  unsigned char *big = malloc(BIG_BYTES + 64), *other = malloc(BIG_BYTES + 64);
  for (size_t i = 0; i < BIG_BYTES; i++)
    big[i] = (unsigned char) (i * 31 + (i >> 8));
  copy(other + 13, big, BIG_BYTES);
  CHECK(compare(other + 13, big, BIG_BYTES) == 0);
  move(big + 37, big, BIG_BYTES); /* forwards, overlapping */
  CHECK(compare(other + 13, big + 37, BIG_BYTES) == 0);
  move(big, big + 37, BIG_BYTES); /* and back */
  CHECK(compare(other + 13, big, BIG_BYTES) == 0);
  set(big + 1, 0xa5, BIG_BYTES - 2);
  CHECK(big[0] == other[13] && big[1] == 0xa5 && big[BIG_BYTES - 2] == 0xa5 &&
        big[BIG_BYTES - 1] == other[13 + BIG_BYTES - 1]);
  free(big);
  free(other);
}

/* The rest of <string.h> stands on its own feet; a few calls each. */
static void check_strings(void)
{
  char text[64];
  CHECK(strlen(strcpy(text, "uhyve")) == 5 && strcmp(strcat(text, "-cc"), "uhyve-cc") == 0);
  CHECK(memchr(text, 'c', 8) == text + 6 && memrchr(text, 'c', 8) == text + 7);
  CHECK(strchr(text, '-') == text + 5 && strrchr(text, 'c') == text + 7);
  CHECK(strstr(text, "ve-") == text + 3 && strncasecmp(text, "UHYVE", 5) == 0);
  CHECK(memmem(text, 8, "-cc", 3) == text + 5);
  CHECK(mempcpy(text, "ab", 2) == text + 2 && stpcpy(text, "abc") == text + 3);
  CHECK(strnlen("abc", 2) == 2 && strspn("aab", "a") == 2 && strcspn("aab", "b") == 2);
}

int main(void)
{
  check_small();
  check_compare();
  check_big();
  check_strings();
  return check_finish();
}
