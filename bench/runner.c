/* Runs the two sides of a figure in turns, and collects figures. */
#include "runner.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
  double a = *(const double *) left;
  double b = *(const double *) right;
  return (a > b) - (a < b);
}

double runner_median(double *values, int count)
{
  qsort(values, (size_t) count, sizeof(values[0]), compare);
  return count % 2 != 0 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

bool runner_wanted(const struct run *run, const char *name)
{
  return run->options->only == NULL || strcmp(run->options->only, name) == 0;
}

void runner_show_progress(const struct run *run, const char *name, int done, int of)
{
  if (run->options->show_progress)
    fprintf(stderr, "\r\033[K%s %d/%d", name, done, of);
}

void runner_end_progress(const struct run *run)
{
  if (run->options->show_progress)
    fprintf(stderr, "\r\033[K");
}

int runner_complain(const struct run *run, char *const argv[], const char *what)
{
  runner_end_progress(run);
  fprintf(stderr, "bench: %s", argv[0]);
  for (int i = 1; argv[i] != NULL; i++)
    fprintf(stderr, " %s", argv[i]);
  fprintf(stderr, ": %s\n%s", what, run->result.text);
  return -1;
}

int runner_command(struct run *run, char *const argv[], unsigned int flags)
{
  int error = process_run(argv, flags, &run->result);
  if (error == -EBUSY)
    return runner_complain(run, argv, "a process outlives the command");
  if (error == -ETIMEDOUT)
    return runner_complain(run, argv, "ended, for it took too long");
  if (error != 0)
    return runner_complain(run, argv, strerror(-error));
  if (run->result.status != 0)
  {
    char what[64];
    snprintf(what, sizeof(what), "exit status %d", run->result.status);
    return runner_complain(run, argv, what);
  }
  return 0;
}

struct figure *runner_add(struct run *run, const char *name, const char *unit, double guest,
                          double reference, int decimals, const char *note)
{
  if (*run->count == FIGURES_MAX)
  {
    fprintf(stderr, "bench: more than %d figures\n", FIGURES_MAX);
    abort();
  }
  struct figure *figure = &run->figures[(*run->count)++];
  *figure = (struct figure){
      .name = name, .unit = unit, .guest = guest, .reference = reference, .decimals = decimals};
  snprintf(figure->note, sizeof(figure->note), "%s", note);
  return figure;
}

int runner_turns(struct run *run, const char *name, char *const guest[], char *const reference[],
                 int warm_up, int repetitions, runner_take *take, void *argument)
{
  for (int i = -warm_up; i < repetitions; i++)
  {
    runner_show_progress(run, name, i < 0 ? 0 : i + 1, repetitions);
    for (int turn = 0; turn < 2; turn++)
    {
      bool guest_turn = (i % 2 == 0) == (turn == 0);
      if (guest_turn && run->options->reference_only)
        continue;
      if (take(run, guest_turn ? guest : reference, guest_turn, i, argument) != 0)
        return -1;
    }
  }
  runner_end_progress(run);
  return 0;
}
