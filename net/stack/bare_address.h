/* The address that the environment gives, where no monitor has read it. */
#ifndef NET_STACK_BARE_ADDRESS_H
#define NET_STACK_BARE_ADDRESS_H

#include "hypercalls/start_info.h"

/* Sets the static address for IPv4 by UHYVE_IP, UHYVE_GATEWAY and UHYVE_MASK, or HERMIT_IP and so
 * on, as the monitor does for its first interface. What makes no sense is told of on the console,
 * and nothing is set. */
void net_bare_address(struct uhyve_interface *options);

#endif
