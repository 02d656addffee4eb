/* Introduces the guest to libslirp by IPv6. */
#ifndef UHYVE_NET_USER_NEIGHBOUR_H
#define UHYVE_NET_USER_NEIGHBOUR_H

#include <stddef.h>
#include <stdint.h>

#define NEIGHBOUR_FRAME_BYTES 78

/* libslirp knows the address that ports of IPv6 lead to when the guest has asked for another's, and
 * a server may never ask. But first of all the guest asks whether anybody has its own address (RFC
 * 4862, 5.4.2): of that frame this makes the answer of its owner (RFC 4861, 4.4). Returns its
 * bytes; 0: it is another frame. */
size_t neighbour_introduce(const uint8_t *frame, size_t bytes,
                           uint8_t made[static NEIGHBOUR_FRAME_BYTES]);

#endif
