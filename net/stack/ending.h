/* What the network does when the program ends. Weak: null without a network. */
#ifndef NET_STACK_ENDING_H
#define NET_STACK_ENDING_H

#include <stdbool.h>

#define NET_ENDING_HOOK __attribute__((weak, visibility("hidden")))

/* The program ends with a status: closes its connections, as exit() does elsewhere, and waits while
 * what they have to send is taken; not for long from who takes nothing. Of several callers only the
 * first returns. May block; for tasks. */
NET_ENDING_HOOK void net_end(int status);

/* Whether it ends so, and with which status: what other threads still do does not change that.
 * Never blocks. */
NET_ENDING_HOOK bool net_is_ending(int *status);

/* The same at the end by a signal, which waits for next to nothing. In any context: does nothing
 * where one may not block. */
NET_ENDING_HOOK void net_end_by_signal(void);

/* For the network task: serves the end if there is one, and then does not return. */
void net_ending_look(void);

#endif
