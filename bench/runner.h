/* Runs the two sides of a figure in turns, and collects figures. */
#ifndef BENCH_RUNNER_H
#define BENCH_RUNNER_H

#include "figures.h"
#include "process.h"

#define UHYVE                  BENCH_STAGE "/bin/uhyve"
#define HELLO                  BENCH_HELLO
#define PROGRAM(name)          BENCH_PROGRAMS "/" name

#define RUNNER_REPETITIONS_MAX 1000

struct run
{
  const struct figures_options *options;
  struct figure *figures;
  int *count;
  struct process_result result; /* of the last command */
};

/* Both sides of a figure, a value each repetition. */
struct pairs
{
  double guest[RUNNER_REPETITIONS_MAX];
  double reference[RUNNER_REPETITIONS_MAX];
};

/* Sorts the values. */
double runner_median(double *values, int count);

/* Whether the user wants this figure or program. */
bool runner_wanted(const struct run *run, const char *name);

/* On standard error, in place of what was shown before. */
void runner_show_progress(const struct run *run, const char *name, int done, int of);
void runner_end_progress(const struct run *run);

/* Says that a command went wrong, with what it wrote. Returns -1. */
int runner_complain(const struct run *run, char *const argv[], const char *what);

/* Runs a command, with flags of process_run, that must end with status 0 and leave no process
 * behind. Returns 0 or -1. */
int runner_command(struct run *run, char *const argv[], unsigned int flags);

struct figure *runner_add(struct run *run, const char *name, const char *unit, double guest,
                          double reference, int decimals, const char *note);

/* Runs a command and takes a value from it for the given repetition, which is negative in a
 * warm-up. Returns 0 or -1. */
typedef int runner_take(struct run *run, char *const argv[], bool guest, int repetition,
                        void *argument);

/* The two sides take turns, and take turns in being first. Returns 0 or -1. */
int runner_turns(struct run *run, const char *name, char *const guest[], char *const reference[],
                 int warm_up, int repetitions, runner_take *take, void *argument);

#endif
