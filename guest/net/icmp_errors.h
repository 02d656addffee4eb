/* What ICMP tells of datagrams that did not arrive, for the connected sockets that sent them. */
#ifndef GUEST_NET_ICMP_ERRORS_H
#define GUEST_NET_ICMP_ERRORS_H

#include "net/internet.h"

/* With the core lock. */
void icmp_errors_add(struct internet_socket *internet);
void icmp_errors_remove(struct internet_socket *internet);

#endif
