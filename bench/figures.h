/* The figures: what is measured, how, and against what. */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include <stdbool.h>

#define FIGURES_MAX 128

struct figure
{
  const char *name;
  const char *unit;
  double guest;     /* negative: not measured */
  double reference; /* negative: there is none */
  int decimals;     /* to show people */
  char note[320];   /* what the reference is */
  char detail[200]; /* where the guest's time goes; empty: nothing known */
};

struct figures_options
{
  const char *only;    /* a figure's or a program's name, or NULL for all */
  const char *plot;    /* file for a picture of the gaps that hourglass saw, or NULL */
  bool quick;          /* few repetitions: for a look, not for a record */
  bool reference_only; /* the Linux programs alone */
  bool show_progress;  /* on standard error */
};

/* Measures into figures[], sets *count. Returns 0, or -1 after a line on standard error for each
 * measurement that failed; the others are there all the same. */
int figures_measure(struct figure figures[static FIGURES_MAX], int *count,
                    const struct figures_options *options);

#endif
