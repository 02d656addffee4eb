/* Network interfaces with names as on Linux: lo, eth0, eth1 ... */
#ifndef GUEST_NET_INTERFACES_H
#define GUEST_NET_INTERFACES_H

#include "net/interface_facts.h"

struct netif;

/* With the core lock. Null: there is none. */
struct netif *interface_find(const char *name);
void interface_name(const struct netif *netif, char name[static INTERFACE_NAME_BYTES]);

/* With the core lock. */
void interface_describe(const struct netif *netif, struct interface_facts *facts);

#endif
