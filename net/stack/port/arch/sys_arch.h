/* lwIP's synchronisation, made of the scheduler's. */
#ifndef NET_STACK_PORT_ARCH_SYS_ARCH_H
#define NET_STACK_PORT_ARCH_SYS_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched/mutex.h"
#include "sched/semaphore.h"

typedef struct net_semaphore
{
  struct semaphore semaphore;
  bool is_valid;
} sys_sem_t;

typedef struct mutex sys_mutex_t;

/* A queue of pointers; null: none. */
typedef struct net_mailbox *sys_mbox_t;

typedef uint32_t sys_prot_t; /* what masking found */
typedef struct task *sys_thread_t;

#define sys_sem_valid(semaphore)       ((semaphore)->is_valid)
#define sys_sem_set_invalid(semaphore) ((semaphore)->is_valid = false)

#define sys_mbox_valid(mailbox)        (*(mailbox) != NULL)
#define sys_mbox_set_invalid(mailbox)  (*(mailbox) = NULL)

#endif
