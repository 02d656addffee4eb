/* The network that a guest without privileges has: libslirp between its frames and sockets of the
 * host. */
#ifndef UHYVE_NET_USER_USER_NETWORK_H
#define UHYVE_NET_USER_USER_NETWORK_H

#include "arguments.h"

struct user_network;

/* The descriptor of the frames is its own from now on. Returns null if there is no memory. */
struct user_network *user_network_new(const struct arguments *arguments);

/* Opens a port of the host. Returns 0 or a negative errno. */
int user_network_publish(struct user_network *network, const struct published *published);

/* Carries frames until the other side of the frames' socket has ended, or breaks. Then closes the
 * ports and the socket, in this order, and delivers what is left. */
void user_network_run(struct user_network *network);

#endif
