/* Real-time tasks: a sampler each millisecond and an alarm above it, which share what was sampled
 * under a priority ceiling; main() reads it, too, and prints how late the two began.
 *
 * uhyve-cc -O2 realtime.c -o realtime && uhyve realtime
 */
#include <stdio.h>

#include <uhyve/realtime.h>

#define CPU               0
#define RUN_MS            500
#define NS_PER_US         1000ull
#define NS_PER_MS         1000000ull
#define SAMPLER_PRIORITY  5
#define SAMPLER_PERIOD_MS 1
#define ALARM_PRIORITY    20
#define ALARM_PERIOD_MS   5
#define WAVE_SAMPLES      100
#define ALARM_FROM        80.0
#define COLUMNS           6

/* Upper ends of the histogram's columns, in microseconds; the last one takes the rest. */
static const unsigned int column_end_us[COLUMNS] = {5, 20, 50, 200, 1000, 0};

struct lateness
{
  const char *name;
  struct uhyve_realtime *task;
  unsigned int priority;
  unsigned int period_ms;
  uint64_t first_ns;
  uint64_t runs;
  uint64_t least_ns;
  uint64_t most_ns;
  uint64_t sum_ns;
  unsigned int column[COLUMNS];
};

static struct lateness sampler = {
    .name = "sampler", .priority = SAMPLER_PRIORITY, .period_ms = SAMPLER_PERIOD_MS};
static struct lateness alarm_task = {
    .name = "alarm", .priority = ALARM_PRIORITY, .period_ms = ALARM_PERIOD_MS};

/* Guarded by the ceiling ALARM_PRIORITY, the highest of those that use it. */
static struct
{
  unsigned int count;
  double last;
  double smooth; /* of the last samples, the newer the heavier */
  unsigned int looks;
  unsigned int alarms;
} samples;

static void note_lateness(struct lateness *lateness)
{
  uint64_t points = uhyve_realtime_runs(lateness->task) + uhyve_realtime_missed(lateness->task) - 1;
  uint64_t late_ns = uhyve_now() - (lateness->first_ns + points * lateness->period_ms * NS_PER_MS);
  if (lateness->runs == 0 || late_ns < lateness->least_ns)
    lateness->least_ns = late_ns;
  if (late_ns > lateness->most_ns)
    lateness->most_ns = late_ns;
  lateness->sum_ns += late_ns;
  lateness->runs++;
  int column = 0;
  while (column < COLUMNS - 1 && late_ns >= column_end_us[column] * NS_PER_US)
    column++;
  lateness->column[column]++;
}

/* A wave between 0 and 100. */
static double measure(unsigned int count)
{
  unsigned int phase = count % WAVE_SAMPLES;
  return 2.0 * (phase < WAVE_SAMPLES / 2 ? phase : WAVE_SAMPLES - phase);
}

static void take_sample(void *argument)
{
  note_lateness(argument);
  unsigned int former = uhyve_realtime_lock(ALARM_PRIORITY);
  samples.last = measure(samples.count);
  samples.smooth += (samples.last - samples.smooth) / 8;
  samples.count++;
  uhyve_realtime_unlock(former);
}

/* Nothing that uses the samples is above: it needs no lock. */
static void look_for_alarm(void *argument)
{
  note_lateness(argument);
  samples.looks++;
  if (samples.smooth >= ALARM_FROM)
    samples.alarms++;
}

static int start(void)
{
  int error = uhyve_realtime_bind(&sampler.task, CPU, SAMPLER_PRIORITY, take_sample, &sampler);
  if (error == 0)
    error = uhyve_realtime_bind(&alarm_task.task, CPU, ALARM_PRIORITY, look_for_alarm, &alarm_task);
  uint64_t first_ns = uhyve_now() + NS_PER_MS;
  sampler.first_ns = first_ns;
  alarm_task.first_ns = first_ns;
  if (error == 0)
    error = uhyve_realtime_set_timer(sampler.task, first_ns, SAMPLER_PERIOD_MS * NS_PER_MS);
  if (error == 0)
    error = uhyve_realtime_set_timer(alarm_task.task, first_ns, ALARM_PERIOD_MS * NS_PER_MS);
  return error;
}

static void show(const struct lateness *lateness)
{
  double average_us = (double) lateness->sum_ns / (double) (lateness->runs * NS_PER_US);
  printf("%-8s %8u %3u ms %5llu %6llu %7.1f %7.1f %7.1f ", lateness->name, lateness->priority,
         lateness->period_ms, (unsigned long long) lateness->runs,
         (unsigned long long) uhyve_realtime_missed(lateness->task),
         (double) lateness->least_ns / NS_PER_US, average_us,
         (double) lateness->most_ns / NS_PER_US);
  for (int i = 0; i < COLUMNS; i++)
    printf(" %5u", lateness->column[i]);
  printf("\n");
}

static void show_lateness(void)
{
  printf("%46s %7s %7s  %s\n", "late by us:", "", "", "runs that were late by us");
  printf("%-8s %8s %6s %5s %6s %7s %7s %7s ", "task", "priority", "period", "runs", "missed", "min",
         "avg", "max");
  for (int i = 0; i < COLUMNS - 1; i++)
    printf(" <%4u", column_end_us[i]);
  printf("  more\n");
  show(&sampler);
  show(&alarm_task);
}

int main(void)
{
  /* Who shares data with them under a ceiling has to be on their CPU. */
  uhyve_task_set_cpu(uhyve_task_current(), CPU);
  if (start() != 0)
  {
    fprintf(stderr, "the tasks cannot be started\n");
    return 1;
  }
  uhyve_task_sleep(RUN_MS * NS_PER_MS);
  uhyve_realtime_clear_timer(sampler.task);
  uhyve_realtime_clear_timer(alarm_task.task);

  unsigned int former = uhyve_realtime_lock(ALARM_PRIORITY);
  unsigned int count = samples.count;
  unsigned int looks = samples.looks;
  unsigned int alarms = samples.alarms;
  double smooth = samples.smooth;
  uhyve_realtime_unlock(former);
  printf("%u samples, the smooth value is %.1f; %u looks, %u alarms\n\n", count, smooth, looks,
         alarms);
  show_lateness();
  uhyve_realtime_free(sampler.task);
  uhyve_realtime_free(alarm_task.task);
  return 0;
}
