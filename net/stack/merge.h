/* Segments of one connection that follow each other go as one frame, which the device cuts again:
 * lwIP knows nothing of it, and resends single segments. The core is locked. */
#ifndef NET_STACK_MERGE_H
#define NET_STACK_MERGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lwip/opt.h"

#include "lwip/pbuf.h"

#include "net/driver/device.h"

#define MERGE_HEADER_BYTES (14 + 40 + 60) /* Ethernet, IPv6, TCP: the most */

struct merged_frame
{
  uint32_t count; /* of packets; each has one reference of ours */
  uint32_t piece_count;
  uint16_t header_bytes;
  uint16_t segment_bytes; /* the payload of each but the last */
  uint32_t payload_bytes;
  uint32_t next_sequence;
  bool is_ipv6;
  bool is_full; /* takes no more */
  struct pbuf *packets[NET_MOST_PIECES];
  uint8_t header[MERGE_HEADER_BYTES];
};

/* Begins a frame with a packet, or adds it to one. False: it cannot be. features: NET_SEGMENT_* */
bool merge_begin(struct merged_frame *merged, struct pbuf *packet, uint32_t features);
bool merge_add(struct merged_frame *merged, struct pbuf *packet);

/* For at least two packets: the frame to be sent. The pieces are the caller's. */
void merge_finish(struct merged_frame *merged, struct net_piece pieces[NET_MOST_PIECES],
                  struct net_frame *frame);

void merge_free_packets(struct merged_frame *merged);

/* The sum over addresses, protocol and length that stands in a header whose checksum a device
 * computes, in host order. */
uint16_t pseudo_header_sum(const uint8_t *addresses, uint32_t len_bytes, uint8_t protocol,
                           uint32_t payload_bytes);

#endif
