/* Pins vCPU threads to host CPUs. */
#include "affinity.h"

#include <errno.h>
#include <stddef.h>

int affinity_pin(const cpu_set_t *list, unsigned int cpu)
{
  unsigned int skip = cpu % (unsigned int) CPU_COUNT(list);
  size_t chosen = 0;
  while (!CPU_ISSET(chosen, list) || skip-- > 0)
    chosen++;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(chosen, &one);
  return sched_setaffinity(0, sizeof(one), &one) == 0 ? 0 : -errno;
}
