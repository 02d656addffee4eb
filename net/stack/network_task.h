/* The network task: serves devices and timers. */
#ifndef NET_STACK_TASK_H
#define NET_STACK_TASK_H

#include <stdint.h>

/* Creates it, once; lwIP is initialised. 0 or -EAGAIN. */
int net_task_start(void);

/* Has it look. In upcalls too. */
void net_task_wake(void);

/* Not 0: it has to look; a futex. */
extern uint32_t net_task_events;

#endif
