/* The lock of lwIP's core, for the network task: without a look at the clock. */
#ifndef NET_STACK_CORE_H
#define NET_STACK_CORE_H

#include <stdint.h>

void net_core_lock(void);

/* Waits so long that others get the lock, if there are any. It is not held. */
void net_core_give_way(uint64_t pause_ns);

/* What net_unlock() does before it lets go. */
void net_core_settle(void);

/* As net_unlock(). */
void net_core_unlock(void);

#endif
