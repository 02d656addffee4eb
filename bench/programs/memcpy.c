/* memcpy of sizes from 64 B to 4 MiB, at changing alignment, as many bytes of each size. */
#include <string.h>

#include "measure.h"

#define SMALLEST_BYTES 64u
#define LARGEST_BYTES  (4u << 20)
#define BYTES_A_SIZE   (16u << 20)
#define SIZES          9 /* 64 B, 256 B, 1 KiB ... 4 MiB */
#define ALIGNMENTS     64u

static char *from;
static char *to;

/* Called through a pointer, so that the compiler puts nothing in its place. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;

static void run(void)
{
  void *(*const copy_now)(void *, const void *, size_t) = copy;
  for (size_t bytes = SMALLEST_BYTES; bytes <= LARGEST_BYTES; bytes *= 4)
  {
    for (size_t i = 0; i < BYTES_A_SIZE / bytes; i++)
    {
      copy_now(to + i * 16 % ALIGNMENTS, from + i * 8 % ALIGNMENTS, bytes);
      __asm__ volatile("" ::: "memory");
    }
  }
}

int main(void)
{
  from = malloc(LARGEST_BYTES + ALIGNMENTS);
  to = malloc(LARGEST_BYTES + ALIGNMENTS);
  if (from == NULL || to == NULL)
    return 1;
  memset(from, 1, LARGEST_BYTES + ALIGNMENTS);
  memset(to, 2, LARGEST_BYTES + ALIGNMENTS);
  measure_rounds("memcpy", run, (uint64_t) SIZES * BYTES_A_SIZE / 1024);
  free(from);
  free(to);
  return 0;
}
