/* The memory limit of the control group that this process is in. */
#ifndef UHYVE_MEMORY_LIMIT_H
#define UHYVE_MEMORY_LIMIT_H

#include <stdint.h>

struct memory_limit
{
  uint64_t bytes;        /* UINT64_MAX: none */
  char events_path[512]; /* of the file that counts what the kernel killed for it */
};

/* Reads the smallest limit of the group and those above it; cgroup versions 1 and 2
 * (Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/memory.rst). What cannot be read is no
 * limit. */
void memory_limit_read(struct memory_limit *limit);

/* Opens the file that counts what the kernel kills for the limit. Returns a descriptor, or -1. */
int memory_limit_open_events(const struct memory_limit *limit);

/* How many processes that file counts. */
uint64_t memory_limit_kills(int events_fd);

#endif
