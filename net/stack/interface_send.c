/* Frames that go: the pieces of lwIP's packets are read by the device where they are. */
#include "net/stack/interface.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lwip/ip.h"
#include "lwip/pbuf.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/tcp.h"
#include "lwip/prot/udp.h"

#include "net/stack/merge.h"

#define MOST_WAITING 4096u
#define SERVE_FRAMES 64u

struct waiting_frame
{
  struct waiting_frame *next;
  void *owner;
};

/* What a frame is made of, until the device has read it: a packet, or several (marked so). */
#define MERGED 1ul

static struct merged_frame *merged_of(void *owner)
{
  uintptr_t number = (uintptr_t) owner;
  return (number & MERGED) != 0 ? (struct merged_frame *) ((char *) owner - MERGED) : NULL;
}

/* ---- What the device is asked to compute ---- */

/* Where the checksum of a protocol's header is; 0: it has none that a device computes. */
static uint16_t checksum_offset(uint8_t protocol)
{
  if (protocol == IP_PROTO_TCP)
    return offsetof(struct tcp_hdr, chksum);
  if (protocol == IP_PROTO_UDP)
    return offsetof(struct udp_hdr, chksum);
  return 0;
}

/* lwIP leaves a checksum at 0 that is the device's to compute. One that is there is left alone.
 * Returns where it is, or null. */
static uint8_t *ask_for_checksum(struct net_frame *frame, const struct pbuf *packet)
{
  uint8_t *bytes = packet->payload;
  const struct eth_hdr *ethernet = (const struct eth_hdr *) bytes;
  uint32_t begin, payload_bytes, addresses, addresses_bytes;
  uint8_t protocol;
  if (ethernet->type == PP_HTONS(ETHTYPE_IP) && packet->len >= SIZEOF_ETH_HDR + IP_HLEN)
  {
    const struct ip_hdr *ip = (const struct ip_hdr *) (bytes + SIZEOF_ETH_HDR);
    if ((IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF)) != 0)
      return NULL;
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
    return NULL;
  uint16_t offset = checksum_offset(protocol);
  if (offset == 0 || begin + offset + 2u > packet->len)
    return NULL;
  uint8_t *checksum = bytes + begin + offset;
  if (checksum[0] != 0 || checksum[1] != 0)
    return NULL;
  uint16_t sum = pseudo_header_sum(bytes + addresses, addresses_bytes, protocol, payload_bytes);
  checksum[0] = (uint8_t) (sum >> 8);
  checksum[1] = (uint8_t) sum;
  frame->checksum_begin = (uint16_t) begin;
  frame->checksum_offset = offset;
  return checksum;
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

/* Returns as the device's send(). */
static int give_packet(struct net_interface *interface, struct pbuf *packet)
{
  struct net_piece pieces[NET_MOST_PIECES];
  struct net_frame frame = {.pieces = pieces, .owner = packet};
  frame.piece_count = list_pieces(packet, pieces);
  if (frame.piece_count == 0)
    return -EINVAL;
  uint8_t *checksum = NULL;
  if ((interface->device->features & NET_CHECKSUM_SEND) != 0)
    checksum = ask_for_checksum(&frame, packet);
  int error = interface->device->operations->send(interface->device, &frame);
  if (error != 0 && checksum != NULL)
    memset(checksum, 0, 2);
  return error;
}

static int give_merged(struct net_interface *interface, void *owner)
{
  struct net_piece pieces[NET_MOST_PIECES];
  struct net_frame frame = {.owner = owner};
  merge_finish(merged_of(owner), pieces, &frame);
  return interface->device->operations->send(interface->device, &frame);
}

/* The device keeps what is given until net_interface_sent(). */
static int give(struct net_interface *interface, void *owner)
{
  int error =
      merged_of(owner) != NULL ? give_merged(interface, owner) : give_packet(interface, owner);
  if (error == 0)
  {
    interface->must_flush = true;
    interface->given_count++;
  }
  return error;
}

static void let_go(void *owner)
{
  struct merged_frame *merged = merged_of(owner);
  if (merged == NULL)
  {
    pbuf_free(owner);
    return;
  }
  merge_free_packets(merged);
  free(merged);
}

void net_interface_sent(void *context, void *owner)
{
  struct net_interface *interface = context;
  interface->given_count--;
  let_go(owner);
}

static bool wait_for_room(struct net_interface *interface, void *owner)
{
  if (interface->waiting_count >= MOST_WAITING)
  {
    interface->is_full = true;
    return false;
  }
  struct waiting_frame *waiting = malloc(sizeof(*waiting));
  if (waiting == NULL)
    return false;
  waiting->next = NULL;
  waiting->owner = owner;
  if (interface->waiting == NULL)
    interface->waiting = waiting;
  else
    interface->waiting_last->next = waiting;
  interface->waiting_last = waiting;
  interface->waiting_count++;
  return true;
}

static void send_waiting(struct net_interface *interface)
{
  struct waiting_frame *waiting;
  while ((waiting = interface->waiting) != NULL)
  {
    int error = give(interface, waiting->owner);
    if (error == -EAGAIN)
      return;
    if (error != 0)
      let_go(waiting->owner);
    interface->waiting = waiting->next;
    interface->waiting_count--;
    free(waiting);
  }
}

void (*net_tell_room)(void);

void net_interface_send_waiting(struct net_interface *interface)
{
  send_waiting(interface);
  if (!interface->is_full || interface->waiting_count > MOST_WAITING / 2)
    return;
  interface->is_full = false;
  if (net_tell_room != NULL)
    net_tell_room();
}

bool net_is_full(void)
{
  for (const struct net_interface *interface = net_interfaces; interface != NULL;
       interface = interface->next)
    if (interface->is_full)
      return true;
  return false;
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

/* Sends, or has it wait; else lets go of it. */
static err_t send_or_wait(struct net_interface *interface, void *owner)
{
  int error = -EAGAIN;
  if (interface->waiting == NULL)
    error = give(interface, owner);
  if (error == -EAGAIN && interface->waiting == NULL)
  {
    /* Some may have been sent meanwhile. What has come is seen later. */
    interface->device->operations->serve(interface->device, SERVE_FRAMES);
    error = give(interface, owner);
  }
  if (error == 0 || (error == -EAGAIN && wait_for_room(interface, owner)))
    return ERR_OK;
  let_go(owner);
  return error == -EAGAIN ? ERR_MEM : ERR_IF;
}

void net_interface_send_merged(struct net_interface *interface)
{
  struct merged_frame *merged = interface->merged;
  if (merged == NULL)
    return;
  interface->merged = NULL;
  if (merged->count > 1)
  {
    send_or_wait(interface, (char *) merged + MERGED);
    return;
  }
  send_or_wait(interface, merged->packets[0]);
  free(merged);
}

/* Whether the packet has gone into a frame that more may come into. */
static bool merge(struct net_interface *interface, struct pbuf *packet)
{
  uint32_t features = interface->device->features & (NET_SEGMENT_IPV4 | NET_SEGMENT_IPV6);
  if (features == 0)
    return false;
  if (interface->merged != NULL && merge_add(interface->merged, packet))
    return true;
  net_interface_send_merged(interface);
  struct merged_frame *merged = malloc(sizeof(*merged));
  if (merged == NULL)
    return false;
  if (merge_begin(merged, packet, features))
  {
    interface->merged = merged;
    return true;
  }
  free(merged);
  return false;
}

err_t net_interface_output(struct netif *netif, struct pbuf *packet)
{
  struct net_interface *interface = netif->state;
  struct pbuf *held = hold(packet);
  if (held == NULL)
    return ERR_MEM;
  if (merge(interface, held))
    return ERR_OK;
  return send_or_wait(interface, held);
}
