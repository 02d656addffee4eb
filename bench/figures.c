/* The figures: what is measured, how, and against what. */
#include "figures.h"

#include <stdio.h>
#include <string.h>

#include "topics.h"

int figures_measure(struct figure figures[static FIGURES_MAX], int *count,
                    const struct figures_options *options)
{
  static struct run run;
  static int (*const topics[])(struct run *) = {
      figures_launch, figures_cpu,    figures_tasks, figures_memory, figures_files,
      figures_net,    figures_openmp, figures_cxx,   figures_noise,  figures_idle};
  *count = 0;
  run = (struct run){.options = options, .figures = figures, .count = count};
  int error = process_setup();
  if (error != 0)
  {
    fprintf(stderr, "bench: cannot adopt the processes of commands: %s\n", strerror(-error));
    return -1;
  }
  for (unsigned int i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
  {
    if (topics[i](&run) != 0)
      error = -1;
  }
  if (*count == 0 && error == 0)
  {
    fprintf(stderr, "bench: there is no figure named %s\n", options->only);
    error = -1;
  }
  return error;
}
