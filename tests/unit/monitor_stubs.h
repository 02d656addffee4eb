/* Stands in for the parts of the monitor behind uhyve/hypercall_table.c. */
#ifndef TESTS_MONITOR_STUBS_H
#define TESTS_MONITOR_STUBS_H

#include <sys/uio.h>

#include "hypercalls/hypercalls.h"

/* Calls so far, and what the last transfer was given. */
struct monitor_stubs
{
  unsigned int stopped;
  unsigned int moves;
  uint64_t memory_bytes; /* what was asked for last */
  int64_t attach_result; /* what is answered */
  unsigned int clock_starts;
  int clock_result; /* what is answered */
  int watched_fd;   /* what the last watch was given */
  enum hc_event watched_event;
  unsigned int watched_cpu;
  unsigned int watches;
  int watch_result; /* what is answered */
  int fd;
  int count;
  uint32_t wait_us;
  struct iovec pieces[HC_MAX_SEGMENTS];
};

extern struct monitor_stubs monitor_stubs;

#endif
