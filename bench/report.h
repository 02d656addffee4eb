/* Figures as a table for people and as JSON for programs. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdio.h>

#include "figures.h"

void report_table(FILE *out, const struct figure *figures, int count);

/* Returns 0 or -1. */
int report_json(FILE *out, const struct figure *figures, int count);

#endif
