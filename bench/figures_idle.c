/* Figures of idleness: what a program that only sleeps costs the host. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "topics.h"

#define SETTLE_MS 1500 /* start-up is not meant */
#define WATCH_MS  5000

static void sleep_ms(long ms)
{
  struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
  while (nanosleep(&left, &left) != 0)
    ;
}

/* Percent of one CPU that the command takes while it sleeps. */
static int busy_percent(struct run *run, const char *name, char *const argv[], double *percent)
{
  uint64_t begin_ns;
  uint64_t end_ns;
  struct process process;
  runner_show_progress(run, name, 1, 1);
  run->result.text[0] = '\0';
  int error = process_start(argv, 0, &process);
  if (error != 0)
    return runner_complain(run, argv, strerror(-error));
  sleep_ms(SETTLE_MS);
  error = process_cpu_time_ns(&process, &begin_ns);
  sleep_ms(WATCH_MS);
  if (error == 0)
    error = process_cpu_time_ns(&process, &end_ns);
  int finish_error = process_finish(&process, &run->result);
  if (error == 0)
    error = finish_error;
  runner_end_progress(run);
  if (error != 0)
    return runner_complain(run, argv, strerror(-error));
  if (run->result.status != 0)
    return runner_complain(run, argv, "it failed");
  *percent = (double) (end_ns - begin_ns) * 100 / (WATCH_MS * 1e6);
  return 0;
}

int figures_idle(struct run *run)
{
  static const char note[] = "percent of one host CPU, over 5 s in which the program's one thread "
                             "sleeps, all threads of the process counted; against the same "
                             "program on Linux";
  char *one[] = {UHYVE, PROGRAM("idle"), "7", NULL};
  char *many[] = {UHYVE, "-c", "64", PROGRAM("idle"), "7", NULL};
  char *linux_one[] = {PROGRAM("linux/idle"), "7", NULL};
  double reference = -1;
  double guest = -1;
  bool with_guest = !run->options->reference_only;
  bool with_one = runner_wanted(run, "idle");
  bool with_many = runner_wanted(run, "idle_64_cpus");
  if (!with_one && !with_many)
    return 0;
  if (busy_percent(run, "idle", linux_one, &reference) != 0)
    return -1;
  if (with_one && with_guest && busy_percent(run, "idle", one, &guest) != 0)
    return -1;
  if (with_one)
    runner_add(run, "idle", "%", guest, reference, 4, note);
  if (with_many && with_guest && busy_percent(run, "idle_64_cpus", many, &guest) != 0)
    return -1;
  if (with_many)
    runner_add(run, "idle_64_cpus", "%", guest, reference, 4, note);
  return 0;
}
