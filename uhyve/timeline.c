/* When each step of a launch was done. */
#include "timeline.h"

#include <time.h>

static const char *const point_names[TIMELINE_POINTS] = {
    [TIMELINE_EXEC] = "process start",  [TIMELINE_MONITOR] = "monitor's main",
    [TIMELINE_ELF] = "ELF checked",     [TIMELINE_VM] = "VM created",
    [TIMELINE_VCPU] = "vCPU created",   [TIMELINE_MEMORY] = "memory filled",
    [TIMELINE_RUN] = "vCPU runs",       [TIMELINE_RING3] = "first instruction",
    [TIMELINE_MAIN] = "main",           [TIMELINE_EXIT] = "exit",
    [TIMELINE_ENDED] = "monitor knows", [TIMELINE_GONE] = "VM gone",
};

void timeline_mark(struct timeline *timeline, enum timeline_point point)
{
  timeline->tsc[point] = __builtin_ia32_rdtsc();
}

void timeline_start(struct timeline *timeline)
{
  timeline_mark(timeline, TIMELINE_MONITOR);
  struct timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  timeline->start_cpu_ns = (uint64_t) used.tv_sec * 1000000000ull + (uint64_t) used.tv_nsec;
}

void timeline_set_frequency(struct timeline *timeline, uint64_t tsc_khz)
{
  timeline->tsc[TIMELINE_EXEC] =
      timeline->tsc[TIMELINE_MONITOR] - timeline->start_cpu_ns * tsc_khz / 1000000;
}

void timeline_set(struct timeline *timeline, enum timeline_point point, uint64_t tsc)
{
  unsigned int before = point - 1;
  while (before > 0 && timeline->tsc[before] == 0)
    before--;
  if (tsc >= timeline->tsc[before] && tsc <= timeline->tsc[TIMELINE_ENDED])
    timeline->tsc[point] = tsc;
}

#define BAR_WIDTH 40

void timeline_print(FILE *out, const struct timeline *timeline, uint64_t tsc_khz)
{
  uint64_t begin = timeline->tsc[0];
  uint64_t end = timeline->tsc[TIMELINE_GONE];
  if (end <= begin || tsc_khz == 0)
    return;
  fprintf(out, "uhyve: timeline           at ms     took ms\n");
  uint64_t previous = begin;
  for (unsigned int i = 0; i < TIMELINE_POINTS; i++)
  {
    uint64_t tsc = timeline->tsc[i];
    if (tsc == 0)
      continue;
    int from = (int) ((previous - begin) * BAR_WIDTH / (end - begin));
    int to = (int) ((tsc - begin) * BAR_WIDTH / (end - begin));
    fprintf(out, "  %-18s %10.3f  %10.3f  |", point_names[i],
            (double) (tsc - begin) / (double) tsc_khz,
            (double) (tsc - previous) / (double) tsc_khz);
    for (int column = 0; column < BAR_WIDTH; column++)
      fputc(column >= from && column < to ? '#' : ' ', out);
    fputs("|\n", out);
    previous = tsc;
  }
}
