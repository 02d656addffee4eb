/* The figures: what is measured, how, and against what. */
#include "figures.h"

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process.h"

#define UHYVE         BENCH_STAGE "/bin/uhyve"
#define HELLO         BENCH_HELLO
#define PROGRAM(name) BENCH_PROGRAMS "/" name

/* Runs before the first that counts: caches and the CPU's clock settle. */
#define WARM_UP_PAIRS   3

#define REPETITIONS_MAX 1000

struct run
{
  const struct figures_options *options;
  struct figure *figures;
  int *count;
  struct process_result result;
};

/* Both sides of a figure, a value each repetition. */
struct pairs
{
  double guest[REPETITIONS_MAX];
  double reference[REPETITIONS_MAX];
};

static int compare(const void *left, const void *right)
{
  double a = *(const double *) left;
  double b = *(const double *) right;
  return (a > b) - (a < b);
}

static double median(double *values, int count)
{
  qsort(values, (size_t) count, sizeof(values[0]), compare);
  return count % 2 != 0 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static bool wanted(const struct run *run, const char *name)
{
  return run->options->only == NULL || strcmp(run->options->only, name) == 0;
}

static void show_progress(const struct run *run, const char *name, int done, int of)
{
  if (run->options->show_progress)
    fprintf(stderr, "\r\033[K%s %d/%d", name, done, of);
}

static void end_progress(const struct run *run)
{
  if (run->options->show_progress)
    fprintf(stderr, "\r\033[K");
}

static int complain(const struct run *run, char *const argv[], const char *what)
{
  end_progress(run);
  fprintf(stderr, "bench: %s", argv[0]);
  for (int i = 1; argv[i] != NULL; i++)
    fprintf(stderr, " %s", argv[i]);
  fprintf(stderr, ": %s\n%s", what, run->result.text);
  return -1;
}

/* Runs a command that must end with status 0 and leave no process behind. */
static int run_command(struct run *run, char *const argv[], unsigned int flags)
{
  int error = process_run(argv, flags, &run->result);
  if (error == -EBUSY)
    return complain(run, argv, "a process outlives the command");
  if (error != 0)
    return complain(run, argv, strerror(-error));
  if (run->result.status != 0)
  {
    char what[64];
    snprintf(what, sizeof(what), "exit status %d", run->result.status);
    return complain(run, argv, what);
  }
  return 0;
}

static struct figure *add_figure(struct run *run, const char *name, const char *unit, double guest,
                                 double reference, int decimals, const char *note)
{
  struct figure *figure = &run->figures[(*run->count)++];
  *figure = (struct figure){
      .name = name, .unit = unit, .guest = guest, .reference = reference, .decimals = decimals};
  snprintf(figure->note, sizeof(figure->note), "%s", note);
  return figure;
}

/* Takes a value from the run just done. Returns 0 or -1. */
typedef int take_value(struct run *run, char *const argv[], double *value);

static int take_wall_ms(struct run *run, char *const argv[], double *value)
{
  if (run_command(run, argv, 0) != 0)
    return -1;
  *value = (double) run->result.wall_ns / 1e6;
  return 0;
}

static int take_peak_kib(struct run *run, char *const argv[], double *value)
{
  if (run_command(run, argv, PROCESS_PEAK) != 0)
    return -1;
  *value = (double) run->result.peak_rss_kib;
  return 0;
}

/* What a program of bench/programs prints: "NAME VALUE ns". */
static int take_printed(struct run *run, char *const argv[], double *value)
{
  if (run_command(run, argv, PROCESS_TEXT) != 0)
    return -1;
  const char *number = strchr(run->result.text, ' ');
  char *end = NULL;
  if (number != NULL)
    *value = strtod(number, &end);
  if (end == NULL || end == number || strcmp(end, " ns\n") != 0)
    return complain(run, argv, "no result in its output");
  return 0;
}

/* The two sides take turns, and take turns in being first. */
static int measure_pairs(struct run *run, const char *name, char *const guest[],
                         char *const reference[], int repetitions, int warm_up, take_value *take,
                         struct pairs *pairs)
{
  double ignored;
  for (int i = 0; i < warm_up; i++)
  {
    if (take(run, guest, &ignored) != 0 || take(run, reference, &ignored) != 0)
      return -1;
  }
  for (int i = 0; i < repetitions; i++)
  {
    show_progress(run, name, i + 1, repetitions);
    if (i % 2 == 0 && take(run, guest, &pairs->guest[i]) != 0)
      return -1;
    if (take(run, reference, &pairs->reference[i]) != 0)
      return -1;
    if (i % 2 != 0 && take(run, guest, &pairs->guest[i]) != 0)
      return -1;
  }
  end_progress(run);
  return 0;
}

static int measure_launch(struct run *run)
{
  static struct pairs pairs;
  char *guest[] = {UHYVE, HELLO, NULL};
  char *reference[] = {PROGRAM("launch_floor"), NULL};
  int repetitions = run->options->quick ? 30 : 300;
  if (!wanted(run, "launch_hello"))
    return 0;
  if (measure_pairs(run, "launch_hello", guest, reference, repetitions, WARM_UP_PAIRS, take_wall_ms,
                    &pairs) != 0)
    return -1;
  add_figure(run, "launch_hello", "ms", median(pairs.guest, repetitions),
             median(pairs.reference, repetitions), 3,
             "wall time from fork to reaped, against a dynamically linked C program that creates "
             "a VM (one memory slot, one vCPU, split interrupt controller), executes one out and "
             "exits; no process outlives the command");
  return 0;
}

static int measure_program(struct run *run, const char *name)
{
  static struct pairs pairs;
  char program[512];
  char linux_program[512];
  snprintf(program, sizeof(program), PROGRAM("%s"), name);
  snprintf(linux_program, sizeof(linux_program), PROGRAM("linux/%s"), name);
  char *guest[] = {UHYVE, program, NULL};
  char *reference[] = {linux_program, NULL};
  int repetitions = run->options->quick ? 3 : 9;
  if (!wanted(run, name))
    return 0;
  int error = process_pin(1);
  if (error != 0)
    fprintf(stderr, "bench: cannot pin to one CPU: %s\n", strerror(-error));
  if (measure_pairs(run, name, guest, reference, repetitions, 0, take_printed, &pairs) != 0)
    return -1;
  process_pin(0);
  add_figure(run, name, "ns", median(pairs.guest, repetitions),
             median(pairs.reference, repetitions), 2,
             "time of one operation, measured by the program, against the same source as a Linux "
             "program (gcc -O2, glibc, dynamically linked), both on one CPU");
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
  if (!wanted(run, "first_instruction_to_main") && !wanted(run, "ring3_to_main"))
    return 0;
  for (int i = -WARM_UP_PAIRS; i < repetitions; i++)
  {
    double run_ms;
    double ring3_ms;
    double main_ms;
    show_progress(run, "first_instruction_to_main", i < 0 ? 0 : i + 1, repetitions);
    if (run_command(run, guest, PROCESS_TEXT) != 0)
      return -1;
    if (timeline_at_ms(run->result.text, "vCPU runs", &run_ms) != 0 ||
        timeline_at_ms(run->result.text, "first instruction", &ring3_ms) != 0 ||
        timeline_at_ms(run->result.text, "main", &main_ms) != 0)
      return complain(run, guest, "no timeline in its output");
    if (i < 0)
      continue;
    from.guest[i] = main_ms - run_ms;
    from.reference[i] = main_ms - ring3_ms;
  }
  end_progress(run);
  if (wanted(run, "first_instruction_to_main"))
    add_figure(run, "first_instruction_to_main", "ms", median(from.guest, repetitions), -1, 3,
               "no reference; an upper bound: from just before the first KVM_RUN to main()");
  if (wanted(run, "ring3_to_main"))
    add_figure(run, "ring3_to_main", "ms", median(from.reference, repetitions), -1, 3,
               "no reference; from the first instruction in ring 3 to main()");
  return 0;
}

static int measure_rss(struct run *run)
{
  static struct pairs pairs;
  char *guest[] = {UHYVE, HELLO, NULL};
  char *reference[] = {PROGRAM("linux/nothing"), NULL};
  int repetitions = run->options->quick ? 5 : 21;
  if (!wanted(run, "rss_hello"))
    return 0;
  if (measure_pairs(run, "rss_hello", guest, reference, repetitions, 0, take_peak_kib, &pairs) != 0)
    return -1;
  add_figure(run, "rss_hello", "KiB", median(pairs.guest, repetitions),
             median(pairs.reference, repetitions), 0,
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
  int error = run_command(run, strip, PROCESS_TEXT);
  struct stat status;
  if (error == 0 && stat(path, &status) != 0)
    error = complain(run, strip, strerror(errno));
  if (error == 0)
    *bytes = (double) status.st_size;
  close(fd);
  unlink(path);
  return error;
}

static int measure_size(struct run *run)
{
  double guest;
  double reference;
  if (!wanted(run, "size_hello"))
    return 0;
  if (stripped_bytes(run, HELLO, &guest) != 0 ||
      stripped_bytes(run, PROGRAM("linux/hello_static"), &reference) != 0)
    return -1;
  add_figure(run, "size_hello", "bytes", guest, reference, 0,
             "stripped ELF file, against the same source linked statically for Linux");
  return 0;
}

int figures_measure(struct figure figures[static FIGURES_MAX], int *count,
                    const struct figures_options *options)
{
  static struct run run;
  static const char *const programs[] = {"cpu_loop", "memory_random", "memcpy", "malloc_free",
                                         "printf_to_devnull"};
  *count = 0;
  run = (struct run){.options = options, .figures = figures, .count = count};
  int error = process_setup();
  if (error != 0)
  {
    fprintf(stderr, "bench: cannot adopt the processes of commands: %s\n", strerror(-error));
    return -1;
  }
  if (measure_launch(&run) != 0 || measure_boot(&run) != 0)
    return -1;
  for (unsigned int i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
  {
    if (measure_program(&run, programs[i]) != 0)
      return -1;
  }
  if (measure_rss(&run) != 0 || measure_size(&run) != 0)
    return -1;
  if (*count > 0)
    return 0;
  fprintf(stderr, "bench: there is no figure named %s\n", options->only);
  return -1;
}
