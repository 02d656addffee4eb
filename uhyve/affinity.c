/* Host CPUs: which ones vCPU threads run on, and how many there are. */
#include "affinity.h"

#include <errno.h>
#include <stddef.h>

#define MOST_HOST_CPUS (1u << 20)

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

long affinity_count_own(void)
{
  long count = 0;
  int error = EINVAL; /* what the kernel says of a set that is too small */
  for (size_t most = CPU_SETSIZE; error == EINVAL && most <= MOST_HOST_CPUS; most *= 2)
  {
    cpu_set_t *own = CPU_ALLOC(most);
    if (own == NULL)
      return 0;
    size_t own_bytes = CPU_ALLOC_SIZE(most);
    error = sched_getaffinity(0, own_bytes, own) == 0 ? 0 : errno;
    if (error == 0)
      count = CPU_COUNT_S(own_bytes, own);
    CPU_FREE(own);
  }
  return count;
}
