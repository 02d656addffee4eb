/* Figures of memory: mappings, malloc on several CPUs, bandwidth. Names in _fresh are of guest
 * memory that the host has to provide first; the others are of memory used before. */
#include "program.h"
#include "topics.h"

static const struct program programs[] = {
    {.file = "first_touch",
     .argument = "4k",
     .what = "the first write to 4 KiB of a mapping",
     .rows = {{"first_touch_4k_stride", "cycles", 0},
              {"first_touch_4k_stride_fresh", "cycles", 0}}},
    {.file = "first_touch",
     .argument = "2m",
     .what = "the first write to 2 MiB of a mapping, on Linux with madvise for huge pages",
     .rows = {{"first_touch_2m", "cycles", 0}, {"first_touch_2m_fresh", "cycles", 0}}},
    {.file = "mmap_munmap",
     .what = "mmap, a write to each page (not for 4k) and munmap",
     .rows = {{"mmap_munmap_4m", "cycles", 0},
              {"mmap_munmap_4m_fresh", "cycles", 0},
              {"mmap_munmap_4k", "cycles", 0},
              {"mmap_munmap_4k_touched", "cycles", 0}}},
    {.file = "malloc_free_mt",
     .argument = "1",
     .what = "malloc and free of random sizes",
     .rows = {{"malloc_free_mt_1", "ns", 2}, {"malloc_free_mt_1_fresh", "ns", 2}}},
    {.file = "malloc_free_mt",
     .argument = "2",
     .cpus = 2,
     .what = "malloc and free of random sizes by each of 2 threads, some blocks freed by the other",
     .rows = {{"malloc_free_mt_2", "ns", 2}, {"malloc_free_mt_2_fresh", "ns", 2}}},
    {.file = "stream",
     .argument = "1",
     .memory = "1G",
     .repetitions = 5,
     .what = "memory bandwidth of 1 thread, best of 7 passes; more is better",
     .rows = {{"stream_copy_1", "GB/s", 2},
              {"stream_scale_1", "GB/s", 2},
              {"stream_add_1", "GB/s", 2},
              {"stream_triad_1", "GB/s", 2}}},
    {.file = "stream",
     .argument = "2",
     .cpus = 2,
     .memory = "1G",
     .repetitions = 5,
     .what = "memory bandwidth of 2 threads, best of 7 passes; more is better",
     .rows = {{"stream_copy_2", "GB/s", 2},
              {"stream_scale_2", "GB/s", 2},
              {"stream_add_2", "GB/s", 2},
              {"stream_triad_2", "GB/s", 2}}},
};

int figures_memory(struct run *run)
{
  return program_measure_all(run, programs, sizeof(programs) / sizeof(programs[0]));
}
