/* A picture of the gaps that hourglass saw. */
#ifndef BENCH_GAPS_PLOT_H
#define BENCH_GAPS_PLOT_H

#define GAPS_POWERS 64

struct gaps_side
{
  double seconds;
  double count[GAPS_POWERS]; /* gaps from 2^n to 2^(n+1) cycles */
};

struct gaps_plot
{
  double cycles_per_us;
  struct gaps_side guest;
  struct gaps_side reference; /* a side with 0 seconds is left out */
};

/* Writes an SVG file. Returns 0 or a negative errno. */
int gaps_plot_write(const char *path, const struct gaps_plot *plot);

#endif
