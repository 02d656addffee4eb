/* Between names as programs have them, struct sockaddr_in and sockaddr_in6, and lwIP's addresses.
 */
#ifndef GUEST_NET_CONVERT_H
#define GUEST_NET_CONVERT_H

#include "net/core.h"
#include "net/socket.h"

struct internet_address
{
  ip_addr_t address;
  uint16_t port; /* in host byte order */
};

/* The address that a name of a socket of this family says. IPv4 within IPv6 becomes IPv4. 0,
 * -EINVAL: too short, -EAFNOSUPPORT. */
int convert_from_name(struct internet_address *to, int family, const struct socket_name *name);

/* The name of an address for a socket of this family. */
void convert_to_name(struct socket_name *name, int family, const ip_addr_t *address, uint16_t port);

/* From numbers in network byte order. */
void convert_from_ipv4(ip_addr_t *to, uint32_t number);
void convert_from_ipv6(ip_addr_t *to, const uint32_t numbers[4]);

/* lwIP's errors as negative errno. */
int convert_error(err_t error);

#endif
