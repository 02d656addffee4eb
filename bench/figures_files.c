/* Figures of files and of standard output: throughput, names, lines through a pipe. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program.h"
#include "topics.h"

/* Both sides see it under the same name. */
#define FOLDER      PROGRAM("files")

#define LINE_BYTES  80
#define SMALL_FILES 500

static const struct program programs[] = {
    {.file = "file_io",
     .argument = "4k",
     .folder = FOLDER,
     .repetitions = 5,
     .what = "a file of 256 MiB, in the host's memory, in pieces of 4 KiB; more is better",
     .rows = {{"file_read_4k", "MB/s", 0}, {"file_write_4k", "MB/s", 0}}},
    {.file = "file_io",
     .argument = "64k",
     .folder = FOLDER,
     .repetitions = 5,
     .what = "a file of 256 MiB, in the host's memory, in pieces of 64 KiB; more is better",
     .rows = {{"file_read_64k", "MB/s", 0}, {"file_write_64k", "MB/s", 0}}},
    {.file = "file_io",
     .argument = "1m",
     .folder = FOLDER,
     .repetitions = 5,
     .what = "a file of 256 MiB, in the host's memory, in pieces of 1 MiB; more is better",
     .rows = {{"file_read_1m", "MB/s", 0}, {"file_write_1m", "MB/s", 0}}},
    {.file = "file_names",
     .folder = FOLDER,
     .what = "stat() of a file; one of 500 files of 1000 bytes opened, read and closed",
     .rows = {{"file_stat", "ns", 0}, {"file_open_small", "ns", 0}}},
};

/* What the lines of both sides are compared by. */
struct lines
{
  struct pairs rates;
  uint64_t bytes;
};

static int take_rate(struct run *run, char *const argv[], bool guest, int repetition,
                     void *argument)
{
  struct lines *lines = argument;
  if (runner_command(run, argv, PROCESS_OUTPUT) != 0)
    return -1;
  if (run->result.output_bytes != lines->bytes)
    return runner_complain(run, argv, "not all lines came");
  if (repetition >= 0)
    (guest ? lines->rates.guest : lines->rates.reference)[repetition] =
        (double) lines->bytes * 1000 / (double) run->result.wall_ns;
  return 0;
}

static int measure_lines(struct run *run)
{
  static struct lines lines;
  char mib[16];
  char *guest[] = {UHYVE, PROGRAM("print_lines"), mib, NULL};
  char *reference[] = {PROGRAM("linux/print_lines"), mib, NULL};
  int repetitions = run->options->quick ? 3 : 7;
  uint64_t size_mib = run->options->quick ? 256 : 1024;
  if (!runner_wanted(run, "print_lines"))
    return 0;
  snprintf(mib, sizeof(mib), "%llu", (unsigned long long) size_mib);
  lines.bytes = (size_mib << 20) / LINE_BYTES * LINE_BYTES;
  if (runner_turns(run, "print_lines", guest, reference, 0, repetitions, take_rate, &lines) != 0)
    return -1;
  runner_add(
      run, "print_lines", "MB/s",
      run->options->reference_only ? -1 : runner_median(lines.rates.guest, repetitions),
      runner_median(lines.rates.reference, repetitions), 0,
      "1 GiB (a quarter of that with --quick) in lines of 80 bytes by fputs() through a pipe, "
      "from fork to reaped, against the same source as a Linux program; more is better");
  return 0;
}

static void remove_files(void)
{
  char path[sizeof(FOLDER) + 32];
  snprintf(path, sizeof(path), "%s/large", FOLDER);
  unlink(path);
  for (int i = 0; i < SMALL_FILES; i++)
  {
    snprintf(path, sizeof(path), "%s/small%d", FOLDER, i);
    unlink(path);
  }
  rmdir(FOLDER);
}

int figures_files(struct run *run)
{
  if (mkdir(FOLDER, 0755) != 0 && errno != EEXIST)
  {
    fprintf(stderr, "bench: %s: %s\n", FOLDER, strerror(errno));
    return -1;
  }
  int error = program_measure_all(run, programs, sizeof(programs) / sizeof(programs[0]));
  remove_files();
  return measure_lines(run) != 0 ? -1 : error;
}
