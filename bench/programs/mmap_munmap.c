/* mmap and munmap of 4 MiB with a touch of each page between, and of 4 KiB with and without one.
 * The first of 4 MiB is printed as _fresh: later ones get memory that is there on the host. */
#include <sys/mman.h>

#include "measure.h"

#define PAGE_BYTES  4096u
#define LARGE_BYTES (4u << 20)
#define LARGE_TIMES 20
#define SMALL_TIMES 500

static void map_and_unmap(size_t len_bytes, int touches)
{
  char *mapped = mmap(NULL, len_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  measure_check(mapped != MAP_FAILED, "mmap");
  volatile char *memory = mapped;
  for (size_t at = 0; touches && at < len_bytes; at += PAGE_BYTES)
    memory[at] = 1;
  measure_check(munmap(mapped, len_bytes) == 0, "munmap");
}

static void run_large(void)
{
  for (int i = 0; i < LARGE_TIMES; i++)
    map_and_unmap(LARGE_BYTES, 1);
}

static void run_small(void)
{
  for (int i = 0; i < SMALL_TIMES; i++)
    map_and_unmap(PAGE_BYTES, 0);
}

static void run_small_touched(void)
{
  for (int i = 0; i < SMALL_TIMES; i++)
    map_and_unmap(PAGE_BYTES, 1);
}

int main(void)
{
  uint64_t begin = measure_now_cycles();
  map_and_unmap(LARGE_BYTES, 1);
  measure_print("mmap_munmap_4m_fresh", (double) (measure_now_cycles() - begin), "cycles");
  measure_rounds_cycles("mmap_munmap_4m", run_large, LARGE_TIMES);
  measure_rounds_cycles("mmap_munmap_4k", run_small, SMALL_TIMES);
  measure_rounds_cycles("mmap_munmap_4k_touched", run_small_touched, SMALL_TIMES);
  return 0;
}
