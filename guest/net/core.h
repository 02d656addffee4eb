/* lwIP's headers, as files of sockets include them: beside those of the C library. */
#ifndef GUEST_NET_CORE_H
#define GUEST_NET_CORE_H


#include <lwip/ip.h>
#include <lwip/ip_addr.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/raw.h>
#include <lwip/tcp.h>
#include <lwip/udp.h>

#include "net/stack/stack.h"

#endif
