/* Addresses of the interfaces: given by option, or asked for. */
#ifndef NET_STACK_CONFIGURATION_H
#define NET_STACK_CONFIGURATION_H

#include "lwip/opt.h"

#include "lwip/ip6_addr.h"
#include "lwip/netif.h"

/* Adds the interfaces and begins; addresses come later. Takes the core's lock. 0 or negative errno.
 */
int net_configuration_start(void);

/* The IPv6 gateway that was given by option for an interface, or null. The core is locked. */
const ip6_addr_t *net_ipv6_gateway(struct netif *netif);

/* For who has sockets: a neighbour has not answered, and what was for it is lost. The core is
 * locked. */
void net_neighbour_lost(struct netif *netif, const ip_addr_t *neighbour);

#endif
