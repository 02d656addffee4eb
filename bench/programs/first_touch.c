/* The first touch of memory. usage: first_touch 4k|2m
 * 4k: a byte in each 4 KiB of a mapping. 2m: a byte in each 2 MiB, with madvise for big pages, so
 * that both systems give out 2 MiB of zeroes at a touch. The first time is printed as _fresh; then
 * the memory is unmapped and all is done again: it is there on the host by now. */
#include <string.h>
#include <sys/mman.h>

#include "measure.h"

#define MAPPED_BYTES   ((size_t) 32 << 20)
#define BIG_PAGE_BYTES ((size_t) 2 << 20)

static uint64_t touch(size_t stride_bytes, int big_pages)
{
  size_t len_bytes = MAPPED_BYTES + BIG_PAGE_BYTES;
  char *mapped = mmap(NULL, len_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  measure_check(mapped != MAP_FAILED, "mmap");
  volatile char *memory = mapped + (-(uintptr_t) mapped & (BIG_PAGE_BYTES - 1));
#ifdef MADV_HUGEPAGE
  /* A system that decides by itself may refuse. */
  if (big_pages)
    madvise((void *) memory, MAPPED_BYTES, MADV_HUGEPAGE);
#else
  (void) big_pages;
#endif
  uint64_t begin = measure_now_cycles();
  for (size_t at = 0; at < MAPPED_BYTES; at += stride_bytes)
    memory[at] = 1;
  uint64_t took = measure_now_cycles() - begin;
  measure_check(munmap(mapped, len_bytes) == 0, "munmap");
  return took;
}

int main(int argc, char **argv)
{
  int big = argc == 2 && strcmp(argv[1], "2m") == 0;
  if (argc != 2 || (!big && strcmp(argv[1], "4k") != 0))
    return 2;
  size_t stride_bytes = big ? BIG_PAGE_BYTES : 4096;
  size_t touches = MAPPED_BYTES / stride_bytes;
  uint64_t fresh = touch(stride_bytes, big);
  uint64_t took[MEASURE_ROUNDS];
  for (int i = 0; i < MEASURE_ROUNDS; i++)
    took[i] = touch(stride_bytes, big);
  measure_print(big ? "first_touch_2m" : "first_touch_4k_stride",
                (double) measure_percentile(took, MEASURE_ROUNDS, 50) / (double) touches, "cycles");
  measure_print(big ? "first_touch_2m_fresh" : "first_touch_4k_stride_fresh",
                (double) fresh / (double) touches, "cycles");
  return 0;
}
