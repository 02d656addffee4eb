/* The seccomp filters of the monitor's threads. They are made when the project is built, by
 * make_filters.c with libseccomp, for that takes longer than all else the sandbox does. */
#ifndef UHYVE_SANDBOX_FILTERS_H
#define UHYVE_SANDBOX_FILTERS_H

#include <linux/filter.h>
#include <stddef.h>

/* What a run needs besides what every run does: the guest's threads and what they start have the
 * filter with just that. */
enum filter_need
{
  FILTER_READ_FILES = 1,   /* opens files of mappings or of time zones */
  FILTER_CHANGE_FILES = 2, /* mappings that are not read-only; with FILTER_READ_FILES */
  FILTER_FORK = 4,         /* for the watch of a control group's memory limit */
  FILTER_LOOK = 8,         /* to explain what is not mapped */
  FILTER_NEEDS = 16,
};

/* Threads that do one thing add a filter of their own. */
enum filter_thread
{
  FILTER_THREAD_CLOCK,   /* follows the host's clock */
  FILTER_THREAD_STREAMS, /* waits for the standard streams */
  FILTER_THREAD_TIME,    /* ends the run after --timeout */
  FILTER_THREAD_NET,     /* serves a network interface */
  FILTER_THREADS,
};

/* Stands for this process's number, in instructions that compare with it. */
#define FILTER_OWN_PID          0x7e57c0deu

#define FILTER_MAX_INSTRUCTIONS 512

struct filter
{
  const struct sock_filter *instructions;
  size_t count; /* at most FILTER_MAX_INSTRUCTIONS */
};

extern const struct filter filters_of_guest[FILTER_NEEDS]; /* by needs */
extern const struct filter filters_of_threads[FILTER_THREADS];

#endif
