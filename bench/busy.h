/* How busy other programs keep the machine while this one measures. */
#ifndef BENCH_BUSY_H
#define BENCH_BUSY_H

struct busy
{
  double all_s;  /* processor time of the whole machine, all CPUs */
  double ours_s; /* of this process and its reaped children */
  double wall_s;
};

/* What cannot be read is 0. */
struct busy busy_now(void);

/* CPUs' worth of others' work since 'begin': 1.0 is one CPU all the time. */
double busy_others(const struct busy *begin);

#endif
