/* Waking the network task. Runs in upcalls: a device's interrupt does nothing else. */
#include "net/stack/network_task.h"

#include "sched/futex.h"

uint32_t net_task_events;

void net_task_wake(void)
{
  if (__atomic_exchange_n(&net_task_events, 1, __ATOMIC_SEQ_CST) == 0)
    futex_wake(&net_task_events, 1);
}
