/* What a run has done: VM exits by reason, hypercalls by name, what the guest has counted. */
#ifndef UHYVE_STATS_H
#define UHYVE_STATS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "hypercalls/start_info.h"

struct vm;

/* Exit reasons beyond the last one counted share its place. */
#define STATS_EXIT_REASONS 48
#define STATS_HYPERCALLS   32

/* Counted by each vCPU's thread for itself. */
struct stats_cpu
{
  uint64_t exits[STATS_EXIT_REASONS];
  uint64_t hypercalls[STATS_HYPERCALLS];
};

struct stats
{
  struct stats_cpu *cpus; /* one a vCPU */
  struct uhyve_cpu_counters guest;
  int status_fd; /* of /proc/self/status, for who prints; -1: none */
};

/* Returns 0 or -ENOMEM. What stats_print() reads is opened now if it will be called. */
int stats_create(struct stats *stats, unsigned int cpu_count, bool is_printed);
void stats_destroy(struct stats *stats);

void stats_count_exit(struct stats *stats, unsigned int cpu, uint32_t reason);
void stats_count_hypercall(struct stats *stats, unsigned int cpu, uint16_t port);

/* Adds what the guest's CPUs have counted in their areas, once it has ended. The guest may have
 * written anything there: these are numbers to print, nothing else. */
void stats_read_guest(struct vm *vm);

/* Prints the sums over all CPUs, as a table or as one JSON object. */
void stats_print(FILE *out, const struct vm *vm, bool json);

#endif
