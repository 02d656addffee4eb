/* Which addresses a socket can have, and reach. */
#ifndef GUEST_NET_ADDRESS_CHECK_H
#define GUEST_NET_ADDRESS_CHECK_H

#include "net/internet.h"

/* The address that bind() is called with; the general one of IPv6 is that of IPv4 too, unless
 * IPV6_V6ONLY is set. 0, -EINVAL, -EAFNOSUPPORT. */
int address_of_bind(const struct internet_socket *internet, const struct socket_name *name,
                    struct internet_address *address);

/* The address that a socket connects or sends to; the general one means this machine. 0, -EINVAL,
 * -EAFNOSUPPORT, -ENETUNREACH. */
int address_of_peer(const struct internet_socket *internet, const struct socket_name *name,
                    struct internet_address *address);

/* With the core lock: whether it is one of ours, or for several that datagrams may be for. 0 or
 * -EADDRNOTAVAIL. */
int address_check_bind(const ip_addr_t *address, bool takes_groups);

/* With the core lock: whether somebody listens there. */
bool address_listens(const ip_addr_t *address, uint16_t port);

#endif
