/* TCP_INFO. */
#ifndef GUEST_NET_TCP_INFORMATION_H
#define GUEST_NET_TCP_INFORMATION_H

#include "net/internet.h"

struct tcp_info;

/* With the core lock. */
void tcp_information(const struct internet_socket *internet, struct tcp_info *information);

/* TCP_MAXSEG. */
int tcp_segment_bytes(const struct internet_socket *internet);

#endif
