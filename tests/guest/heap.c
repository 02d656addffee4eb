/* The heap: its limits, its contents, and that freed memory comes back. Run with little memory. */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

#define BLOCK_BYTES (1 << 20)

/* Takes blocks until there are none, each written to; returns how many, all freed again. */
static unsigned int take_everything(void)
{
  unsigned int count = 0;
  void **first = NULL;
  errno = 0;
  for (;;)
  {
    void **block = malloc(BLOCK_BYTES);
    if (block == NULL)
      break;
    memset(block, 0x5a, BLOCK_BYTES);
    block[0] = first;
    first = block;
    count++;
  }
  CHECK(errno == ENOMEM);
  bool kept = true;
  while (first != NULL)
  {
    unsigned char *bytes = (unsigned char *) first;
    for (size_t i = sizeof(void *); i < BLOCK_BYTES; i += 4093)
      kept = kept && bytes[i] == 0x5a;
    void **next = first[0];
    free(first);
    first = next;
  }
  CHECK(kept);
  return count;
}

static void check_limits(void)
{
  volatile size_t huge[] = {SIZE_MAX, SIZE_MAX - 4096, SIZE_MAX / 2, (size_t) 1 << 47,
                            (size_t) 1 << 40};
  for (size_t i = 0; i < sizeof(huge) / sizeof(huge[0]); i++)
  {
    errno = 0;
    CHECK(malloc(huge[i]) == NULL && errno == ENOMEM);
    errno = 0;
    CHECK(calloc(1, huge[i]) == NULL && errno == ENOMEM);
  }
  volatile size_t half = (size_t) 1 << 33;
  errno = 0;
  CHECK(calloc(half, half) == NULL && errno == ENOMEM);
  char *kept = malloc(100);
  strcpy(kept, "kept");
  char *volatile same = kept; /* gcc takes the old pointer to be gone */
  CHECK(realloc(kept, huge[2]) == NULL && strcmp(same, "kept") == 0);
  free(same);
}

static void check_contents(void)
{
  /* Freed memory is dirty, calloc's is not. */
  for (size_t len = 1; len < 300000; len = len * 3 + 1)
  {
    unsigned char *dirty = malloc(len);
    memset(dirty, 0xff, len);
    free(dirty);
    unsigned char *clean = calloc(len, 1);
    bool zero = true;
    for (size_t i = 0; i < len; i++)
      zero = zero && clean[i] == 0;
    CHECK(zero);
    CHECK((uintptr_t) clean % _Alignof(max_align_t) == 0);
    free(clean);
  }
  unsigned char *grown = NULL;
  size_t written = 0;
  for (size_t len = 10; len < 2000000; len *= 3)
  {
    grown = realloc(grown, len);
    CHECK(grown != NULL);
    for (; written < len; written++)
      grown[written] = (unsigned char) (written * 7);
  }
  bool same = true;
  for (size_t i = 0; i < written; i++)
    same = same && grown[i] == (unsigned char) (i * 7);
  CHECK(same);
  grown = realloc(grown, 10);
  CHECK(grown[9] == 63);
  free(grown);
  free(NULL);

  for (size_t align = 16; align <= 65536; align *= 2)
  {
    void *aligned = aligned_alloc(align, align);
    CHECK(aligned != NULL && (uintptr_t) aligned % align == 0);
    free(aligned);
    void *posix = NULL;
    CHECK(posix_memalign(&posix, align, 100) == 0 && (uintptr_t) posix % align == 0);
    free(posix);
  }
}

/* A block has at least the bytes asked for; a large one grows and shrinks with its contents. */
static void check_sizes(void)
{
  for (size_t len = 0; len < 3000000; len = len * 5 / 4 + 1)
  {
    unsigned char *block = malloc(len);
    size_t usable = malloc_usable_size(block);
    CHECK(block != NULL && usable >= len);
    memset(block, 0xa5, usable);
    free(block);
  }
  CHECK(malloc_usable_size(NULL) == 0);
  unsigned char *large = calloc(4, BLOCK_BYTES);
  memset(large, 0x11, BLOCK_BYTES);
  large = realloc(large, 2 * BLOCK_BYTES);
  large = realloc(large, 12 * BLOCK_BYTES);
  bool kept = true;
  for (size_t i = 0; i < 2 * BLOCK_BYTES; i++)
    kept = kept && large[i] == (i < BLOCK_BYTES ? 0x11 : 0);
  CHECK(kept);
  free(large);
  void *volatile nothing = malloc(0);
  void *volatile more_of_it = malloc(0);
  CHECK(nothing != NULL && more_of_it != NULL && nothing != more_of_it);
  free(nothing);
  free(more_of_it);
  CHECK(malloc_trim(0) == 1);
  CHECK(malloc_trim(0) == 0);
}

/* Whatever the pattern, what is freed is given out again. */
static void check_reuse(void)
{
  static void *blocks[256];
  uint32_t random = 1;
  for (int i = 0; i < 200000; i++)
  {
    random = random * 1664525 + 1013904223;
    size_t slot = random >> 24;
    free(blocks[slot]);
    blocks[slot] = malloc((random >> 8 & 0xffff) + 1);
    if (blocks[slot] == NULL)
    {
      CHECK(blocks[slot] != NULL);
      return;
    }
    *(char *) blocks[slot] = 1;
  }
  for (size_t slot = 0; slot < 256; slot++)
    free(blocks[slot]);
}

/* More than memory, and most of it. */
static void check_high_alignment(void)
{
  char *block = aligned_alloc((size_t) 1 << 27, (size_t) 40 << 20);
  CHECK(block != NULL && (uintptr_t) block % ((size_t) 1 << 27) == 0);
  if (block != NULL)
    memset(block, 1, (size_t) 40 << 20);
  free(block);
}

int main(void)
{
  check_limits();
  check_high_alignment();
  check_contents();
  check_sizes();
  check_reuse();
  unsigned int first = take_everything();
  unsigned int second = take_everything();
  CHECK(first >= 40 && first < 64); /* of 64 MiB */
  CHECK(second + 1 >= first);
  return check_finish();
}
