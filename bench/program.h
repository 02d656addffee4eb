/* Figures that a program of bench/programs prints, as a guest and as a Linux program. */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include "runner.h"

#define PROGRAM_ROWS_MAX 9

struct program_row
{
  const char *name; /* as the program prints it */
  const char *unit;
  int decimals;
};

struct program
{
  const char *file;
  char *argument;     /* or NULL */
  char *folder;       /* the last argument, mapped at the same place; or NULL */
  unsigned int cpus;  /* 0 is 1: the whole command on one CPU of the host */
  char *memory;       /* of the guest, or NULL for the default */
  const char *part;   /* printed too: cycles that are a part of the first row's, or NULL */
  bool with_counters; /* what the guest counted for an operation goes into the detail */
  int repetitions;    /* 0: PROGRAM_REPETITIONS */
  const char *what;   /* an operation; begins the note */
  struct program_row rows[PROGRAM_ROWS_MAX];
};

#define PROGRAM_REPETITIONS     9
#define PROGRAM_REPETITIONS_MAX 32

/* Measures the program if it or one of its rows is wanted. Returns 0 or -1. */
int program_measure(struct run *run, const struct program *program);

/* As above, all of a topic. */
int program_measure_all(struct run *run, const struct program *programs, unsigned int count);

/* What a program printed in a line "NAME VALUE UNIT". Returns 0 or -1. */
int program_printed(const char *text, const char *name, const char *unit, double *value);

/* A command for the program as a guest or on Linux. */
struct program_command
{
  char file[512];
  char host_cpus[32];
  char volume[512];
  char cpu_count[16];
  char *argv[16];
};

void program_guest_command(struct program_command *command, const struct program *program);
void program_linux_command(struct program_command *command, const struct program *program);

#endif
