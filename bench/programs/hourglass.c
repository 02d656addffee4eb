/* Reads the TSC in a loop on one CPU and looks for gaps: time that something else took.
 * usage: hourglass [SECONDS]
 * Prints the smallest, average and largest gap, the share of time in gaps over 1 us, and how many
 * gaps there were from each power of two (of cycles) up to the next. */
#include "threads.h"

#define SECONDS        10.0
#define CALIBRATION_NS 50000000u
#define POWERS         64

struct gaps
{
  uint64_t shortest;
  uint64_t longest;
  uint64_t over_limit; /* time in gaps longer than the limit */
  uint64_t count;
  uint64_t of_power[POWERS];
};

static struct gaps gaps = {.shortest = UINT64_MAX};

static double cycles_per_us(void)
{
  uint64_t begin_ns = measure_now_ns();
  uint64_t begin = measure_now_cycles();
  while (measure_now_ns() - begin_ns < CALIBRATION_NS)
    ;
  uint64_t cycles = measure_now_cycles() - begin;
  return (double) cycles * 1000 / (double) (measure_now_ns() - begin_ns);
}

/* Returns how long it was. */
static uint64_t watch(uint64_t cycles, uint64_t limit)
{
  uint64_t begin = __builtin_ia32_rdtsc();
  uint64_t last = begin;
  while (last - begin < cycles)
  {
    uint64_t now = __builtin_ia32_rdtsc();
    uint64_t gap = now - last;
    last = now;
    gaps.count++;
    gaps.of_power[63 - __builtin_clzll(gap | 1)]++;
    if (gap < gaps.shortest)
      gaps.shortest = gap;
    if (gap > gaps.longest)
      gaps.longest = gap;
    if (gap > limit)
      gaps.over_limit += gap;
  }
  return last - begin;
}

int main(int argc, char **argv)
{
  double seconds = argc > 1 ? strtod(argv[1], NULL) : SECONDS;
  if (!(seconds > 0))
    return 2;
  cpu_set_t cpu;
  threads_find_cpus(&cpu, 1);
  threads_pin_self(&cpu);
  double per_us = cycles_per_us();
  uint64_t took = watch((uint64_t) (seconds * 1e6 * per_us), (uint64_t) per_us);

  measure_print("hourglass_shortest", (double) gaps.shortest, "cycles");
  measure_print("hourglass_average", (double) took / (double) gaps.count, "cycles");
  measure_print("hourglass_longest", (double) gaps.longest, "cycles");
  measure_print("hourglass_over_1us", (double) gaps.over_limit * 100 / (double) took, "%");
  measure_print("cycles_per_us", per_us, "cycles");
  measure_print("seconds", (double) took / per_us / 1e6, "s");
  for (int power = 0; power < POWERS; power++)
  {
    char name[32];
    snprintf(name, sizeof(name), "gaps_%d", power);
    if (gaps.of_power[power] > 0)
      measure_print(name, (double) gaps.of_power[power], "times");
  }
  return 0;
}
