/* <netinet/tcp.h> beside lwIP's headers, one of whose options has a name of its own there. */
#ifndef GUEST_NET_TCP_NUMBERS_H
#define GUEST_NET_TCP_NUMBERS_H

#include "net/core.h"

#pragma push_macro("TCP_MSS")
#undef TCP_MSS
#include <netinet/tcp.h>
#pragma pop_macro("TCP_MSS")

#endif
