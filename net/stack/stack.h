/* The TCP/IP stack: lwIP, its one task and its interfaces. Errors are negative errno. */
#ifndef NET_STACK_STACK_H
#define NET_STACK_STACK_H

#include <stdbool.h>

/* Brings the network up, once: all devices of the start information, the loopback interface (also
 * without any device), addresses given or asked for. Returns 0 or a negative errno. May block. */
int net_start(void);

enum net_family
{
  NET_ANY,
  NET_IPV4,
  NET_IPV6, /* beside the address that is good for its link alone */
};

/* Waits until an interface other than loopback has an address, or has been refused one; for who
 * connects or sends. Returns 0, -ENETUNREACH after the time that DHCP takes to give up, for IPv6
 * the time in which routers of the network would have answered, -EINTR. */
int net_wait_configured(enum net_family family);

/* Whether that would wait, if it has not given up. The core is locked. */
bool net_lacks_address(enum net_family family);

/* Whether an interface has so many frames waiting that more are lost, and what is called when that
 * is over; null: nothing. The core is locked. */
bool net_is_full(void);
extern void (*net_tell_room)(void);

/* lwIP's core, for who calls its functions marked 'tcpip context'. For tasks, not in interrupts.
 * The end of a locked section hands frames to the loopback interface's receiver and to devices. */
void net_lock(void);
void net_unlock(void);

#endif
