/* The network of --net user, before it is made. */
#ifndef UHYVE_NET_NET_USER_H
#define UHYVE_NET_NET_USER_H

#include "net_options.h"

/* Whether the addresses of an option are such that the guest reaches its gateway, as
 * uhyve/net-user/user_network.c lays the network out. Returns 0, or -EINVAL with one line in
 * message. */
int net_user_check_addresses(const struct net_option *option, char message[static 256]);

#endif
