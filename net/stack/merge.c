/* Segments of one connection that follow each other go as one frame. */
#include "net/stack/merge.h"

#include <stddef.h>
#include <string.h>

#include "lwip/inet_chksum.h"
#include "lwip/ip.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/tcp.h"

#define IPV4_LENGTH   2u /* offsets in the header */
#define IPV4_CHECKSUM 10u
#define IPV6_LENGTH   4u
#define MOST_BYTES    65535u /* of an IPv4 packet */

uint16_t pseudo_header_sum(const uint8_t *addresses, uint32_t len_bytes, uint8_t protocol,
                           uint32_t payload_bytes)
{
  uint32_t sum = protocol + (payload_bytes >> 16) + (payload_bytes & 0xffff);
  for (uint32_t i = 0; i < len_bytes; i += 2)
    sum += (uint32_t) addresses[i] << 8 | addresses[i + 1];
  sum = (sum >> 16) + (sum & 0xffff);
  return (uint16_t) ((sum >> 16) + sum);
}

static void put16(uint8_t *bytes, uint32_t value)
{
  bytes[0] = (uint8_t) (value >> 8);
  bytes[1] = (uint8_t) value;
}

/* What of a packet matters here. */
struct segment
{
  const uint8_t *ip;
  const struct tcp_hdr *tcp;
  uint32_t header_bytes; /* all of them */
  uint32_t payload_bytes;
  bool is_ipv6;
};

/* False: not a segment with data and nothing special, in one piece up to its data. */
static bool parse(const struct pbuf *packet, struct segment *segment)
{
  const uint8_t *bytes = packet->payload;
  const struct eth_hdr *ethernet = (const struct eth_hdr *) bytes;
  if (packet->len < SIZEOF_ETH_HDR + IP_HLEN + TCP_HLEN)
    return false;
  segment->ip = bytes + SIZEOF_ETH_HDR;
  segment->is_ipv6 = ethernet->type == PP_HTONS(ETHTYPE_IPV6);
  if (segment->is_ipv6)
  {
    if (packet->len < SIZEOF_ETH_HDR + IP6_HLEN + TCP_HLEN || segment->ip[6] != IP_PROTO_TCP)
      return false;
    segment->header_bytes = SIZEOF_ETH_HDR + IP6_HLEN;
  }
  else
  {
    const struct ip_hdr *ip = (const struct ip_hdr *) segment->ip;
    if (ethernet->type != PP_HTONS(ETHTYPE_IP) || IPH_HL_BYTES(ip) != IP_HLEN ||
        IPH_PROTO(ip) != IP_PROTO_TCP || (IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF)) != 0)
      return false;
    segment->header_bytes = SIZEOF_ETH_HDR + IP_HLEN;
  }
  segment->tcp = (const struct tcp_hdr *) (bytes + segment->header_bytes);
  segment->header_bytes += TCPH_HDRLEN_BYTES(segment->tcp);
  if (segment->header_bytes > packet->len || packet->tot_len <= segment->header_bytes)
    return false;
  segment->payload_bytes = packet->tot_len - segment->header_bytes;
  return (TCPH_FLAGS(segment->tcp) & ~TCP_PSH) == TCP_ACK && segment->tcp->chksum == 0;
}

/* Pieces of the payload alone. */
static uint32_t payload_pieces(const struct pbuf *packet, uint32_t header_bytes)
{
  uint32_t count = packet->len > header_bytes ? 1 : 0;
  for (packet = packet->next; packet != NULL; packet = packet->next)
    count++;
  return count;
}

static void take(struct merged_frame *merged, struct pbuf *packet, const struct segment *segment)
{
  merged->packets[merged->count++] = packet;
  merged->piece_count += payload_pieces(packet, segment->header_bytes);
  merged->payload_bytes += segment->payload_bytes;
  merged->next_sequence = lwip_ntohl(segment->tcp->seqno) + segment->payload_bytes;
}

bool merge_begin(struct merged_frame *merged, struct pbuf *packet, uint32_t features)
{
  struct segment segment;
  if (!parse(packet, &segment) ||
      (features & (segment.is_ipv6 ? NET_SEGMENT_IPV6 : NET_SEGMENT_IPV4)) == 0)
    return false;
  merged->count = 0;
  merged->piece_count = 1; /* the headers */
  merged->header_bytes = (uint16_t) segment.header_bytes;
  merged->segment_bytes = (uint16_t) segment.payload_bytes;
  merged->payload_bytes = 0;
  merged->is_ipv6 = segment.is_ipv6;
  merged->is_full = false;
  memcpy(merged->header, packet->payload, segment.header_bytes);
  take(merged, packet, &segment);
  return true;
}

static bool same(const uint8_t *a, const uint8_t *b, uint32_t from, uint32_t to)
{
  return memcmp(a + from, b + from, to - from) == 0;
}

/* Whether headers differ only in what each segment has for itself: lengths, numbers, checksums. */
static bool headers_match(const struct merged_frame *merged, const uint8_t *other)
{
  const uint8_t *ip = merged->header + SIZEOF_ETH_HDR, *other_ip = other + SIZEOF_ETH_HDR;
  uint32_t ip_bytes = merged->is_ipv6 ? IP6_HLEN : IP_HLEN;
  const uint8_t *tcp = ip + ip_bytes, *other_tcp = other_ip + ip_bytes;
  uint32_t tcp_bytes = merged->header_bytes - SIZEOF_ETH_HDR - ip_bytes;
  bool ip_matches = merged->is_ipv6 ? same(ip, other_ip, 0, 4) && same(ip, other_ip, 6, IP6_HLEN)
                                    : same(ip, other_ip, 0, 2) && same(ip, other_ip, 6, 10) &&
                                          same(ip, other_ip, 12, IP_HLEN);
  return ip_matches && same(merged->header, other, 0, SIZEOF_ETH_HDR) &&
         same(tcp, other_tcp, 0, 4) &&   /* ports */
         same(tcp, other_tcp, 8, 13) &&  /* what is acknowledged, length of the header */
         same(tcp, other_tcp, 14, 16) && /* window */
         same(tcp, other_tcp, 18, tcp_bytes);
}

bool merge_add(struct merged_frame *merged, struct pbuf *packet)
{
  struct segment segment;
  if (merged->is_full || !parse(packet, &segment) || segment.is_ipv6 != merged->is_ipv6 ||
      segment.header_bytes != merged->header_bytes ||
      segment.payload_bytes > merged->segment_bytes ||
      lwip_ntohl(segment.tcp->seqno) != merged->next_sequence ||
      merged->header_bytes + merged->payload_bytes + segment.payload_bytes > MOST_BYTES ||
      merged->piece_count + payload_pieces(packet, segment.header_bytes) > NET_MOST_PIECES ||
      !headers_match(merged, packet->payload))
    return false;
  take(merged, packet, &segment);
  if (segment.payload_bytes < merged->segment_bytes)
    merged->is_full = true;
  uint32_t flags_offset = offsetof(struct tcp_hdr, _hdrlen_rsvd_flags) + 1;
  uint32_t tcp_offset = SIZEOF_ETH_HDR + (merged->is_ipv6 ? IP6_HLEN : IP_HLEN);
  merged->header[tcp_offset + flags_offset] |= TCPH_FLAGS(segment.tcp) & TCP_PSH;
  return true;
}

/* Lengths and checksums for the whole. */
static void finish_headers(struct merged_frame *merged, struct net_frame *frame)
{
  uint8_t *ip = merged->header + SIZEOF_ETH_HDR;
  uint32_t ip_bytes = merged->is_ipv6 ? IP6_HLEN : IP_HLEN;
  uint32_t tcp_bytes = merged->header_bytes - SIZEOF_ETH_HDR - ip_bytes + merged->payload_bytes;
  const uint8_t *addresses = merged->is_ipv6 ? ip + 8 : ip + 12;
  if (merged->is_ipv6)
    put16(ip + IPV6_LENGTH, tcp_bytes);
  else
  {
    put16(ip + IPV4_LENGTH, IP_HLEN + tcp_bytes);
    memset(ip + IPV4_CHECKSUM, 0, 2);
    uint16_t checksum = inet_chksum(ip, IP_HLEN);
    memcpy(ip + IPV4_CHECKSUM, &checksum, sizeof(checksum));
  }
  frame->checksum_begin = (uint16_t) (SIZEOF_ETH_HDR + ip_bytes);
  frame->checksum_offset = offsetof(struct tcp_hdr, chksum);
  put16(ip + ip_bytes + frame->checksum_offset,
        pseudo_header_sum(addresses, merged->is_ipv6 ? 32 : 8, IP_PROTO_TCP, tcp_bytes));
}

void merge_finish(struct merged_frame *merged, struct net_piece pieces[NET_MOST_PIECES],
                  struct net_frame *frame)
{
  uint32_t count = 0;
  pieces[count++] = (struct net_piece){merged->header, merged->header_bytes};
  for (uint32_t i = 0; i < merged->count; i++)
  {
    uint32_t skip_bytes = merged->header_bytes;
    for (const struct pbuf *piece = merged->packets[i]; piece != NULL; piece = piece->next)
    {
      if (piece->len > skip_bytes)
        pieces[count++] =
            (struct net_piece){(uint8_t *) piece->payload + skip_bytes, piece->len - skip_bytes};
      skip_bytes = 0;
    }
  }
  frame->pieces = pieces;
  frame->piece_count = count;
  frame->segment_bytes = merged->segment_bytes;
  frame->header_bytes = merged->header_bytes;
  frame->is_ipv6 = merged->is_ipv6;
  finish_headers(merged, frame);
}

void merge_free_packets(struct merged_frame *merged)
{
  for (uint32_t i = 0; i < merged->count; i++)
    pbuf_free(merged->packets[i]);
}
