/* What ICMP tells of datagrams that did not arrive, for the sockets that sent them. */
#ifndef GUEST_NET_ICMP_ERRORS_H
#define GUEST_NET_ICMP_ERRORS_H

#include "net/internet.h"

/* With the core lock. Sockets of UDP are added and removed; connections that begin are found. */
void icmp_errors_listen(void);

void icmp_errors_add(struct internet_socket *internet);
void icmp_errors_remove(struct internet_socket *internet);

#endif
