/* Frames that go: the pieces of lwIP's packets are read by the device where they are. */
#include "net/stack/interface.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lwip/inet_chksum.h"
#include "lwip/ip.h"
#include "lwip/pbuf.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/tcp.h"
#include "lwip/prot/udp.h"
#include "lwip/snmp.h"

#define MOST_WAITING 4096u
#define SERVE_FRAMES 64u

struct waiting_frame
{
  struct waiting_frame *next;
  struct pbuf *packet;
};

/* ---- What the device is asked to compute ---- */

/* The sum over the pseudo header, which the device goes on with. */
static uint16_t pseudo_sum(const void *addresses, uint32_t len_bytes, uint8_t protocol,
                           uint32_t payload_bytes)
{
  const uint8_t *bytes = addresses;
  uint32_t sum = protocol + (payload_bytes >> 16) + (payload_bytes & 0xffff);
  for (uint32_t i = 0; i < len_bytes; i += 2)
    sum += (uint32_t) bytes[i] << 8 | bytes[i + 1];
  sum = (sum >> 16) + (sum & 0xffff);
  return (uint16_t) ((sum >> 16) + sum);
}

/* Where the checksum of a protocol's header is; 0: it has none that a device computes. */
static uint16_t checksum_offset(uint8_t protocol)
{
  if (protocol == IP_PROTO_TCP)
    return offsetof(struct tcp_hdr, chksum);
  if (protocol == IP_PROTO_UDP)
    return offsetof(struct udp_hdr, chksum);
  return 0;
}

/* lwIP leaves a checksum at 0 that is the device's to compute. One that is there is left alone. */
static void ask_for_checksum(struct net_frame *frame, const struct pbuf *packet)
{
  uint8_t *bytes = packet->payload;
  const struct eth_hdr *ethernet = (const struct eth_hdr *) bytes;
  uint32_t begin, payload_bytes, addresses, addresses_bytes;
  uint8_t protocol;
  if (ethernet->type == PP_HTONS(ETHTYPE_IP) && packet->len >= SIZEOF_ETH_HDR + IP_HLEN)
  {
    const struct ip_hdr *ip = (const struct ip_hdr *) (bytes + SIZEOF_ETH_HDR);
    if ((IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF)) != 0)
      return;
    begin = SIZEOF_ETH_HDR + IPH_HL_BYTES(ip);
    payload_bytes = lwip_ntohs(IPH_LEN(ip)) - IPH_HL_BYTES(ip);
    protocol = IPH_PROTO(ip);
    addresses = SIZEOF_ETH_HDR + offsetof(struct ip_hdr, src);
    addresses_bytes = 8;
  }
  else if (ethernet->type == PP_HTONS(ETHTYPE_IPV6) && packet->len >= SIZEOF_ETH_HDR + IP6_HLEN)
  {
    const struct ip6_hdr *ip = (const struct ip6_hdr *) (bytes + SIZEOF_ETH_HDR);
    begin = SIZEOF_ETH_HDR + IP6_HLEN;
    payload_bytes = IP6H_PLEN(ip);
    protocol = IP6H_NEXTH(ip);
    addresses = SIZEOF_ETH_HDR + offsetof(struct ip6_hdr, src);
    addresses_bytes = 32;
    frame->is_ipv6 = true;
  }
  else
    return;
  uint16_t offset = checksum_offset(protocol);
  if (offset == 0 || begin + offset + 2u > packet->len)
    return;
  uint8_t *checksum = bytes + begin + offset;
  if (checksum[0] != 0 || checksum[1] != 0)
    return;
  uint16_t sum = pseudo_sum(bytes + addresses, addresses_bytes, protocol, payload_bytes);
  checksum[0] = (uint8_t) (sum >> 8);
  checksum[1] = (uint8_t) sum;
  frame->checksum_begin = (uint16_t) begin;
  frame->checksum_offset = offset;
}

/* ---- Sending ---- */

/* Returns how many pieces, 0: too many. */
static uint32_t list_pieces(const struct pbuf *packet, struct net_piece pieces[NET_MOST_PIECES])
{
  uint32_t count = 0;
  for (; packet != NULL; packet = packet->next)
  {
    if (packet->len == 0)
      continue;
    if (count == NET_MOST_PIECES)
      return 0;
    pieces[count++] = (struct net_piece){packet->payload, packet->len};
  }
  return count;
}

/* The device keeps the packet until net_interface_sent(). Returns as the device's send(). */
static int give(struct net_interface *interface, struct pbuf *packet)
{
  struct net_piece pieces[NET_MOST_PIECES];
  struct net_frame frame = {.pieces = pieces, .owner = packet};
  frame.piece_count = list_pieces(packet, pieces);
  if (frame.piece_count == 0)
    return -EINVAL;
  if ((interface->device->features & NET_CHECKSUM_SEND) != 0)
    ask_for_checksum(&frame, packet);
  int error = interface->device->operations->send(interface->device, &frame);
  if (error == 0)
    interface->must_flush = true;
  else if (frame.checksum_begin != 0)
    memset((char *) packet->payload + frame.checksum_begin + frame.checksum_offset, 0, 2);
  return error;
}

void net_interface_sent(void *context, void *owner)
{
  (void) context;
  pbuf_free(owner);
}

static bool wait_for_room(struct net_interface *interface, struct pbuf *packet)
{
  if (interface->waiting_count >= MOST_WAITING)
    return false;
  struct waiting_frame *waiting = malloc(sizeof(*waiting));
  if (waiting == NULL)
    return false;
  waiting->next = NULL;
  waiting->packet = packet;
  if (interface->waiting == NULL)
    interface->waiting = waiting;
  else
    interface->waiting_last->next = waiting;
  interface->waiting_last = waiting;
  interface->waiting_count++;
  return true;
}

void net_interface_send_waiting(struct net_interface *interface)
{
  struct waiting_frame *waiting;
  while ((waiting = interface->waiting) != NULL)
  {
    int error = give(interface, waiting->packet);
    if (error == -EAGAIN)
      return;
    if (error != 0)
      pbuf_free(waiting->packet);
    interface->waiting = waiting->next;
    interface->waiting_count--;
    free(waiting);
  }
}

/* The packet as the device takes it: in few pieces that stay as they are until it was sent. Null:
 * no memory. One reference is the caller's. */
static struct pbuf *hold(struct pbuf *packet)
{
  uint32_t pieces = 0;
  bool changes = false;
  for (const struct pbuf *piece = packet; piece != NULL; piece = piece->next)
  {
    pieces++;
    changes = changes || PBUF_NEEDS_COPY(piece);
  }
  if (changes || pieces > NET_MOST_PIECES)
    return pbuf_clone(PBUF_RAW, PBUF_RAM, packet);
  pbuf_ref(packet);
  return packet;
}

err_t net_interface_output(struct netif *netif, struct pbuf *packet)
{
  struct net_interface *interface = netif->state;
  struct pbuf *held = hold(packet);
  if (held == NULL)
    return ERR_MEM;
  int error = -EAGAIN;
  if (interface->waiting == NULL)
    error = give(interface, held);
  if (error == -EAGAIN && interface->waiting == NULL)
  {
    /* Some may have been sent meanwhile. What has come is seen later. */
    interface->device->operations->serve(interface->device, SERVE_FRAMES);
    error = give(interface, held);
  }
  if (error == 0 || (error == -EAGAIN && wait_for_room(interface, held)))
    return ERR_OK;
  pbuf_free(held);
  return error == -EAGAIN ? ERR_MEM : ERR_IF;
}
