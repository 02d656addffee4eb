/* Sockets that connect or send before the network has an address. */
#ifndef GUEST_NET_ADDRESS_WAIT_H
#define GUEST_NET_ADDRESS_WAIT_H

#include "net/internet.h"

/* All with the core lock. */

/* Whether who goes there has to wait. */
bool address_wait_is_needed(const ip_addr_t *to);

/* Is told when it is over: a stream then connects to its peer, datagrams can be sent. A socket that
 * waits already is left alone. 0, -EAGAIN: no memory. */
int address_wait_add(struct internet_socket *internet, const ip_addr_t *to);

void address_wait_remove(struct internet_socket *internet);

/* For datagrams: waits, or not: -EAGAIN, -EINTR. poll() tells when there is something to try. */
int address_wait_sleep(struct internet_socket *internet, const ip_addr_t *to, int flags);

#endif
