/* Figures of computing and of the C library, on one CPU. */
#include "program.h"
#include "topics.h"

static const struct program programs[] = {
    {.file = "cpu_loop",
     .what = "a step of integer and floating-point work",
     .rows = {{"cpu_loop", "ns", 2}}},
    {.file = "memory_random",
     .repetitions = 5,
     .what = "a read at random in 256 MiB that needs the one before",
     .rows = {{"memory_random", "ns", 2}}},
    {.file = "memcpy",
     .what = "memcpy of 1 KiB, in sizes from 64 B to 4 MiB",
     .rows = {{"memcpy", "ns", 2}}},
    {.file = "malloc_free",
     .what = "malloc and free of random sizes, thousands of blocks alive",
     .rows = {{"malloc_free", "ns", 2}}},
    {.file = "printf_to_devnull",
     .what = "printf of the usual formats to /dev/null",
     .rows = {{"printf_to_devnull", "ns", 2}}},
    {.file = "getpid", .what = "the shortest system call", .rows = {{"getpid", "cycles", 1}}},
};

int figures_cpu(struct run *run)
{
  return program_measure_all(run, programs, sizeof(programs) / sizeof(programs[0]));
}
