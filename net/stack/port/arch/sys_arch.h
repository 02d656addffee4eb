/* lwIP's types for what an operating system has. It declares functions of all of them, and without
 * its own sockets and connections calls none but those that protect. */
#ifndef NET_STACK_PORT_ARCH_SYS_ARCH_H
#define NET_STACK_PORT_ARCH_SYS_ARCH_H

#include <stdint.h>

typedef struct net_semaphore *sys_sem_t;
typedef struct net_mutex *sys_mutex_t;
typedef struct net_mailbox *sys_mbox_t;
typedef struct task *sys_thread_t;

typedef uint32_t sys_prot_t; /* what masking found */

#endif
