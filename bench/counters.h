/* What `uhyve --stats=json` says. */
#ifndef BENCH_COUNTERS_H
#define BENCH_COUNTERS_H

#include <stddef.h>

/* The sum of all numbers whose name is, or ends in, "_" and this one: "ipis" finds "guest_ipis".
 * The statistics are the line of the text that begins with a brace. -1 if there is none. */
double counters_sum(const char *text, const char *name);

/* The same for names that begin so. */
double counters_sum_group(const char *text, const char *prefix);

#endif
