/* What there is to know of network interfaces. Nothing here knows lwIP. */
#ifndef GUEST_NET_INTERFACE_FACTS_H
#define GUEST_NET_INTERFACE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "net/socket.h"

#define INTERFACE_NAME_BYTES     16
#define INTERFACE_MOST_ADDRESSES 8
#define INTERFACE_HARDWARE_BYTES 6

struct interface_address
{
  struct socket_name address, mask, broadcast; /* of length 0: there is none */
};

struct interface_facts
{
  char name[INTERFACE_NAME_BYTES];
  uint32_t index; /* from 1 on */
  uint32_t flags; /* IFF_ */
  uint32_t mtu_bytes;
  bool is_loopback;
  uint8_t hardware[INTERFACE_HARDWARE_BYTES];
  uint32_t address_count; /* that of IPv4 first, if there is one */
  struct interface_address addresses[INTERFACE_MOST_ADDRESSES];
};

/* Brings the network up, if it is not yet. Facts of at most that many; returns how many there are,
 * or a negative errno. */
int interfaces_get(struct interface_facts *facts, int most);

/* Servers of names that DHCP or the like told of: how many, at most `most`. */
int interfaces_name_servers(struct socket_name *servers, int most);

#endif
