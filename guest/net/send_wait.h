/* Sockets that connect or send before the network has an address, or while an interface is full. */
#ifndef GUEST_NET_SEND_WAIT_H
#define GUEST_NET_SEND_WAIT_H

#include "net/internet.h"

/* All with the core lock. */

/* Whether who goes there has to wait. */
bool send_wait_needs_address(const ip_addr_t *to);

/* Is told when it is over: a stream then connects to its peer, datagrams can be sent. A socket that
 * waits already is left alone. 0, -EAGAIN: no memory. */
int send_wait_add(struct internet_socket *internet, const ip_addr_t *to);

void send_wait_remove(struct internet_socket *internet);

/* For datagrams: waits, or not: -EAGAIN, -EINTR. poll() tells when there is something to try. */
int send_wait_for_address(struct internet_socket *internet, const ip_addr_t *to, int flags);

/* The same, after a frame that was lost because too many wait to be sent. */
int send_wait_for_room(struct internet_socket *internet, int flags);

#endif
