/* Figures of start: how long it takes, how much memory and how large a file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "topics.h"

/* Runs before the first that counts: caches and the CPU's clock settle. */
#define WARM_UP 3

static int take_wall_ms(struct run *run, char *const argv[], bool guest, int repetition,
                        void *argument)
{
  struct pairs *pairs = argument;
  if (runner_command(run, argv, 0) != 0)
    return -1;
  if (repetition >= 0)
    (guest ? pairs->guest : pairs->reference)[repetition] = (double) run->result.wall_ns / 1e6;
  return 0;
}

static int take_peak_kib(struct run *run, char *const argv[], bool guest, int repetition,
                         void *argument)
{
  struct pairs *pairs = argument;
  if (runner_command(run, argv, PROCESS_PEAK) != 0)
    return -1;
  if (repetition >= 0)
    (guest ? pairs->guest : pairs->reference)[repetition] = (double) run->result.peak_rss_kib;
  return 0;
}

static double guest_median(const struct run *run, struct pairs *pairs, int repetitions)
{
  return run->options->reference_only ? -1 : runner_median(pairs->guest, repetitions);
}

static int measure_launch(struct run *run)
{
  static struct pairs pairs;
  char *guest[] = {UHYVE, HELLO, NULL};
  char *reference[] = {PROGRAM("launch_floor"), NULL};
  int repetitions = run->options->quick ? 30 : 300;
  if (!runner_wanted(run, "launch_hello"))
    return 0;
  if (runner_turns(run, "launch_hello", guest, reference, WARM_UP, repetitions, take_wall_ms,
                   &pairs) != 0)
    return -1;
  runner_add(run, "launch_hello", "ms", guest_median(run, &pairs, repetitions),
             runner_median(pairs.reference, repetitions), 3,
             "wall time from fork to reaped, against a dynamically linked C program that creates "
             "a VM (one memory slot, one vCPU, split interrupt controller), executes one out and "
             "exits; no process outlives the command");
  return 0;
}

static int measure_sandbox(struct run *run)
{
  static struct pairs pairs;
  char *guest[] = {UHYVE, HELLO, NULL};
  char open[] = "--file-isolation=none";
  char *reference[] = {UHYVE, open, HELLO, NULL};
  int repetitions = run->options->quick ? 30 : 300;
  if (run->options->reference_only || !runner_wanted(run, "launch_sandbox"))
    return 0;
  if (runner_turns(run, "launch_sandbox", guest, reference, WARM_UP, repetitions, take_wall_ms,
                   &pairs) != 0)
    return -1;
  runner_add(run, "launch_sandbox", "ms", runner_median(pairs.guest, repetitions),
             runner_median(pairs.reference, repetitions), 3,
             "against the same without the sandbox; the goal is on the difference");
  return 0;
}

/* One row of `uhyve --timeline`: its time since the process began. */
static int timeline_at_ms(const char *text, const char *point, double *at_ms)
{
  char start[32];
  snprintf(start, sizeof(start), "\n  %-18s ", point);
  const char *row = strstr(text, start);
  if (row == NULL)
    return -1;
  const char *number = row + strlen(start);
  char *end;
  *at_ms = strtod(number, &end);
  return end != number ? 0 : -1;
}

static int measure_boot(struct run *run)
{
  static struct pairs from; /* "guest": from KVM_RUN; "reference": from ring 3 */
  char *guest[] = {UHYVE, "--timeline", HELLO, NULL};
  int repetitions = run->options->quick ? 15 : 100;
  if (run->options->reference_only ||
      (!runner_wanted(run, "first_instruction_to_main") && !runner_wanted(run, "ring3_to_main")))
    return 0;
  for (int i = -WARM_UP; i < repetitions; i++)
  {
    double run_ms;
    double ring3_ms;
    double main_ms;
    runner_show_progress(run, "first_instruction_to_main", i < 0 ? 0 : i + 1, repetitions);
    if (runner_command(run, guest, PROCESS_TEXT) != 0)
      return -1;
    if (timeline_at_ms(run->result.text, "vCPU runs", &run_ms) != 0 ||
        timeline_at_ms(run->result.text, "first instruction", &ring3_ms) != 0 ||
        timeline_at_ms(run->result.text, "main", &main_ms) != 0)
      return runner_complain(run, guest, "no timeline in its output");
    if (i < 0)
      continue;
    from.guest[i] = main_ms - run_ms;
    from.reference[i] = main_ms - ring3_ms;
  }
  runner_end_progress(run);
  if (runner_wanted(run, "first_instruction_to_main"))
    runner_add(run, "first_instruction_to_main", "ms", runner_median(from.guest, repetitions), -1,
               3, "no reference; an upper bound: from just before the first KVM_RUN to main()");
  if (runner_wanted(run, "ring3_to_main"))
    runner_add(run, "ring3_to_main", "ms", runner_median(from.reference, repetitions), -1, 3,
               "no reference; from the first instruction in ring 3 to main()");
  return 0;
}

static int measure_rss(struct run *run)
{
  static struct pairs pairs;
  char *guest[] = {UHYVE, HELLO, NULL};
  char *reference[] = {PROGRAM("linux/nothing"), NULL};
  int repetitions = run->options->quick ? 5 : 21;
  if (!runner_wanted(run, "rss_hello"))
    return 0;
  if (runner_turns(run, "rss_hello", guest, reference, 0, repetitions, take_peak_kib, &pairs) != 0)
    return -1;
  runner_add(run, "rss_hello", "KiB", guest_median(run, &pairs, repetitions),
             runner_median(pairs.reference, repetitions), 0,
             "peak resident memory, against a C program that only returns 0; the goal is on the "
             "difference");
  return 0;
}

static int stripped_bytes(struct run *run, char *file, double *bytes)
{
  char path[] = "/tmp/uhyve-bench-XXXXXX";
  int fd = mkstemp(path);
  if (fd < 0)
  {
    fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
    return -1;
  }
  char *strip[] = {"strip", "-o", path, file, NULL};
  int error = runner_command(run, strip, PROCESS_TEXT);
  struct stat status;
  if (error == 0 && stat(path, &status) != 0)
    error = runner_complain(run, strip, strerror(errno));
  if (error == 0)
    *bytes = (double) status.st_size;
  close(fd);
  unlink(path);
  return error;
}

static int measure_size(struct run *run)
{
  double guest = -1;
  double reference;
  if (!runner_wanted(run, "size_hello"))
    return 0;
  if (!run->options->reference_only && stripped_bytes(run, HELLO, &guest) != 0)
    return -1;
  if (stripped_bytes(run, PROGRAM("linux/hello_static"), &reference) != 0)
    return -1;
  runner_add(run, "size_hello", "bytes", guest, reference, 0,
             "stripped ELF file, against the same source linked statically for Linux");
  return 0;
}

int figures_launch(struct run *run)
{
  int error = measure_launch(run);
  if (measure_sandbox(run) != 0)
    error = -1;
  if (measure_boot(run) != 0)
    error = -1;
  if (measure_rss(run) != 0)
    error = -1;
  if (measure_size(run) != 0)
    error = -1;
  return error;
}
