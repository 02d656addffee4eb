/* Timers whose expiry is told by a new thread: SIGEV_THREAD. */
#ifndef GUEST_LIBC_TIMER_THREAD_H
#define GUEST_LIBC_TIMER_THREAD_H

#include <pthread.h>
#include <signal.h>
#include <stdint.h>

#include "signal/timers.h"

/* What a timer is to call. */
struct timer_call
{
  void (*function)(union sigval value);
  union sigval value;
  pthread_attr_t *attributes; /* or null */
  uint32_t due;               /* expiries nobody has been told of */
};

/* Starts the thread that creates the others, once. -EAGAIN: no memory. */
int timer_thread_prepare(void);

/* In upcalls: has it call. */
void timer_thread_call(struct timer_call *call);

#endif
