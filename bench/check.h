/* Compares measured figures with the goals. */
#ifndef BENCH_CHECK_H
#define BENCH_CHECK_H

/* Prints every goal and what was measured. Returns the exit status: 0 if all are met, 1 if one is
 * missed or not measured, 2 if a file cannot be read. */
int check_goals(const char *figures_path, const char *goals_path);

#endif
