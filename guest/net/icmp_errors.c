/* lwIP drops the errors that ICMP tells. Raw pcbs of our own see them first. To connections that
 * stand they are nothing, as on Linux: those have time-outs. */
#include "net/icmp_errors.h"

#include "net/stack/configuration.h"

#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/icmp.h>
#include <lwip/prot/icmp6.h>

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>

#define ICMP_BYTES  8 /* in front of the packet that it is about */
#define BEGIN_BYTES 8 /* of a header of UDP or TCP: ports, and TCP's number of the first byte */

static struct internet_socket *sockets;
static struct raw_pcb *listeners[2]; /* of ICMP for IPv4, IPv6 */

/* The error for a socket, or 0: none that counts. */
static int error_of(bool is_ipv6, const uint8_t *message)
{
  if (is_ipv6)
  {
    if (message[0] != ICMP6_TYPE_DUR)
      return 0;
    static const uint8_t numbers[] = {
        [ICMP6_DUR_NO_ROUTE] = ENETUNREACH, [ICMP6_DUR_PROHIBITED] = EACCES,
        [ICMP6_DUR_SCOPE] = EHOSTUNREACH,   [ICMP6_DUR_ADDRESS] = EHOSTUNREACH,
        [ICMP6_DUR_PORT] = ECONNREFUSED,    [ICMP6_DUR_POLICY] = EACCES,
        [ICMP6_DUR_REJECT_ROUTE] = EACCES};
    return message[1] < sizeof(numbers) ? -(int) numbers[message[1]] : -EPROTO;
  }
  if (message[0] != ICMP_DUR)
    return 0;
  switch (message[1])
  {
  case ICMP_DUR_PORT:
    return -ECONNREFUSED;
  case ICMP_DUR_PROTO:
    return -ENOPROTOOPT;
  case ICMP_DUR_FRAG:
    return 0;
  case ICMP_DUR_NET:
    return -ENETUNREACH;
  default:
    return -EHOSTUNREACH;
  }
}

static void tell_streams(const ip_addr_t *peer, const uint8_t *begin, int error)
{
  struct tcp_pcb *next;
  for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = next)
  {
    uint16_t ports[2] = {lwip_htons(pcb->local_port), lwip_htons(pcb->remote_port)};
    uint32_t number = lwip_htonl(pcb->lastack);
    next = pcb->next;
    if (pcb->state == SYN_SENT && pcb->callback_arg != NULL && memcmp(begin, ports, 4) == 0 &&
        memcmp(begin + 4, &number, 4) == 0 && ip_addr_cmp(&pcb->remote_ip, peer))
      tcp_socket_fail(pcb->callback_arg, error);
  }
}

static void tell(const ip_addr_t *peer, uint16_t local_port, uint16_t peer_port, int error)
{
  for (struct internet_socket *internet = sockets; internet != NULL;
       internet = internet->next_datagrams)
  {
    if (internet->state == INTERNET_CONNECTED && internet->udp->local_port == local_port &&
        internet->udp->remote_port == peer_port && ip_addr_cmp(&internet->udp->remote_ip, peer))
    {
      internet->error = error;
      internet_changed(internet, POLLERR);
    }
  }
}

/* header_bytes: of the IP header in front of ICMP's. */
static void look(const struct pbuf *packet, bool is_ipv6, u16_t header_bytes)
{
  uint8_t message[ICMP_BYTES];
  uint8_t inner[40];
  uint8_t begin[BEGIN_BYTES];
  ip_addr_t peer;
  u16_t inner_at = header_bytes + ICMP_BYTES;
  u16_t inner_bytes = is_ipv6 ? 40 : 20;
  if (pbuf_copy_partial(packet, message, sizeof(message), header_bytes) != sizeof(message) ||
      pbuf_copy_partial(packet, inner, inner_bytes, inner_at) != inner_bytes)
    return;
  int error = error_of(is_ipv6, message);
  uint8_t protocol = inner[is_ipv6 ? 6 : 9];
  if (error == 0 || (protocol != IPPROTO_UDP && protocol != IPPROTO_TCP))
    return;
  if (!is_ipv6)
    inner_bytes = (u16_t) ((inner[0] & 0xfu) * 4);
  if (pbuf_copy_partial(packet, begin, sizeof(begin), (u16_t) (inner_at + inner_bytes)) !=
      sizeof(begin))
    return;
  if (is_ipv6)
  {
    uint32_t longs[4];
    memcpy(longs, inner + 24, sizeof(longs));
    convert_from_ipv6(&peer, longs);
    ip6_addr_assign_zone(ip_2_ip6(&peer), IP6_UNICAST, ip_current_input_netif());
  }
  else
  {
    uint32_t address;
    memcpy(&address, inner + 16, sizeof(address));
    convert_from_ipv4(&peer, address);
  }
  if (protocol == IPPROTO_TCP)
    tell_streams(&peer, begin, error);
  else
    tell(&peer, (uint16_t) (begin[0] << 8 | begin[1]), (uint16_t) (begin[2] << 8 | begin[3]),
         error);
}

static u8_t on_icmp(void *argument, struct raw_pcb *pcb, struct pbuf *packet, const ip_addr_t *from)
{
  (void) argument;
  (void) pcb;
  (void) from;
  look(packet, ip_current_is_v6(), ip_current_header_tot_len());
  return 0;
}

static void listen_for(int index, u8_t type, u8_t protocol)
{
  if (listeners[index] != NULL)
    return;
  listeners[index] = raw_new_ip_type(type, protocol);
  if (listeners[index] != NULL)
    raw_recv(listeners[index], on_icmp, NULL);
}

void icmp_errors_listen(void)
{
  listen_for(0, IPADDR_TYPE_V4, IPPROTO_ICMP);
  listen_for(1, IPADDR_TYPE_V6, IPPROTO_ICMPV6);
}

/* Whether what goes to the peer goes by this neighbour. */
static bool goes_by(const struct tcp_pcb *pcb, const struct netif *netif,
                    const ip_addr_t *neighbour)
{
  const ip_addr_t *peer = &pcb->remote_ip;
  if (ip_route(&pcb->local_ip, peer) != netif || IP_IS_V6_VAL(*peer) != IP_IS_V6_VAL(*neighbour))
    return false;
  if (ip_addr_cmp(peer, neighbour))
    return true;
  return IP_IS_V4_VAL(*peer) &&
         !ip4_addr_netcmp(ip_2_ip4(peer), netif_ip4_addr(netif), netif_ip4_netmask(netif)) &&
         ip4_addr_cmp(ip_2_ip4(neighbour), netif_ip4_gw(netif));
}

void net_neighbour_lost(struct netif *netif, const ip_addr_t *neighbour)
{
  struct tcp_pcb *next;
  for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = next)
  {
    next = pcb->next;
    if (pcb->state == SYN_SENT && pcb->callback_arg != NULL && goes_by(pcb, netif, neighbour))
      tcp_socket_fail(pcb->callback_arg, -EHOSTUNREACH);
  }
}

void icmp_errors_add(struct internet_socket *internet)
{
  icmp_errors_listen();
  internet->next_datagrams = sockets;
  sockets = internet;
}

void icmp_errors_remove(struct internet_socket *internet)
{
  struct internet_socket **link = &sockets;
  while (*link != internet)
    link = &(*link)->next_datagrams;
  *link = internet->next_datagrams;
}
