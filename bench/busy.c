/* How busy other programs keep the machine while this one measures. */
#include "busy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define IDLE_COLUMN    3
#define WAITING_COLUMN 4

static double seconds(struct timeval time)
{
  return (double) time.tv_sec + (double) time.tv_usec / 1e6;
}

static double processor_time_s(int who)
{
  struct rusage usage = {0};
  getrusage(who, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/* proc(5): the first line of /proc/stat is "cpu" and times in ticks: user (guests included), nice,
 * system, idle, waiting, interrupts. */
static double machine_time_s(void)
{
  char line[256] = "";
  FILE *stat = fopen("/proc/stat", "r");
  if (stat == NULL)
    return 0;
  const char *at = fgets(line, sizeof(line), stat);
  fclose(stat);
  if (at == NULL || strncmp(line, "cpu ", 4) != 0)
    return 0;
  double ticks = 0;
  char *next = line + 4;
  for (unsigned int column = 0; column < 7; column++)
  {
    double value = strtod(next, &next);
    if (column != IDLE_COLUMN && column != WAITING_COLUMN)
      ticks += value;
  }
  return ticks / (double) sysconf(_SC_CLK_TCK);
}

struct busy busy_now(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (struct busy){.all_s = machine_time_s(),
                       .ours_s = processor_time_s(RUSAGE_SELF) + processor_time_s(RUSAGE_CHILDREN),
                       .wall_s = (double) now.tv_sec + (double) now.tv_nsec / 1e9};
}

double busy_others(const struct busy *begin)
{
  struct busy now = busy_now();
  double others_s = now.all_s - begin->all_s - (now.ours_s - begin->ours_s);
  double wall_s = now.wall_s - begin->wall_s;
  return others_s > 0 && wall_s > 0 ? others_s / wall_s : 0;
}
