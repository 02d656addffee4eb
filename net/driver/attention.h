/* Where the rest of the kernel library meets network devices. Linked only into programs that use
 * the network: null without. */
#ifndef NET_DRIVER_ATTENTION_H
#define NET_DRIVER_ATTENTION_H

#include <stdbool.h>

/* Hidden: in position-independent programs the linker makes a PLT for other weak functions. */
#define NET_HOOK __attribute__((weak, visibility("hidden")))

/* The handlers of UHYVE_VECTOR_NETWORK and UHYVE_VECTOR_LINK. */
NET_HOOK void net_interrupt(void);
NET_HOOK void net_link_interrupt(void);

/* Takes the causes of all devices, which has their lines fall. Returns whether there were any. */
NET_HOOK bool net_take_causes(void);

/* Whether there are devices at work, which the monitor has a thread for. */
NET_HOOK bool net_is_used(void);

/* Without a monitor, before the program begins: takes memory that only then is sure to be there. */
NET_HOOK void net_set_aside(void);

/* An idle CPU looks into the rings, masked: for that time devices interrupt nobody. One CPU does at
 * a time: false if another one does, or nothing is expected. */
NET_HOOK bool net_watch_begin(void);
NET_HOOK void net_watch_look(void); /* wakes whom it concerns */
NET_HOOK void net_watch_end(void);

#endif
