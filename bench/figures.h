/* The figures: what is measured, how, and against what. */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include <stdbool.h>

#define FIGURES_MAX 16

struct figure
{
  const char *name;
  const char *unit;
  double guest;
  double reference; /* negative: there is none */
  int decimals;     /* to show people */
  char note[320];   /* what the reference is */
};

struct figures_options
{
  const char *only;   /* a figure's name, or NULL for all */
  bool quick;         /* few repetitions: for a look, not for a record */
  bool show_progress; /* on standard error */
};

/* Measures into figures[], sets *count. Returns 0, or -1 after a line on standard error. */
int figures_measure(struct figure figures[static FIGURES_MAX], int *count,
                    const struct figures_options *options);

#endif
