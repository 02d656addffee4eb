/* The lock of lwIP's core, for the network task: without a look at the clock. */
#ifndef NET_STACK_CORE_H
#define NET_STACK_CORE_H

void net_core_lock(void);

/* What net_unlock() does before it lets go. */
void net_core_settle(void);

/* As net_unlock(). */
void net_core_unlock(void);

#endif
