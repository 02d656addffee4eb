/* The program's timers, for the thread that calls what they are to call. */
#ifndef GUEST_LIBC_SIGNAL_TIMER_H
#define GUEST_LIBC_SIGNAL_TIMER_H

#include <stdbool.h>

struct timer_call;

/* Has a call made that is due, of any timer, which stays as it is meanwhile. False: there is none.
 */
bool timer_make_call(void (*make)(const struct timer_call *call));

#endif
