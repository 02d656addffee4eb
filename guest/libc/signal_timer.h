/* The program's timers, for the thread that calls what they are to call. */
#ifndef GUEST_LIBC_SIGNAL_TIMER_H
#define GUEST_LIBC_SIGNAL_TIMER_H

#include <stdbool.h>

struct timer_call;

/* Takes a call that is due, of any timer. False: there is none. */
bool timer_take_call(struct timer_call *call);

#endif
