/* What options of sockets of the Internet are set to. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "net/interface_facts.h"
#include "net/internet.h"
#include "net/option_values.h"
#include "net/stack/interface.h"
#include "net/tcp_information.h"
#include "net/tcp_numbers.h"

static int get_linger(const struct internet_options *options, void *value, uint32_t *len_bytes)
{
  struct linger linger = {.l_onoff = options->has_linger, .l_linger = (int) options->linger_s};
  return option_put(value, len_bytes, &linger, sizeof(linger));
}

static int get_interface(const struct internet_options *options, char *value, uint32_t *len_bytes)
{
  char name[INTERFACE_NAME_BYTES];
  const struct netif *netif = netif_get_by_index(options->interface);
  if (netif == NULL)
    return option_put(value, len_bytes, "", 0);
  net_interface_name(netif, name);
  return option_put(value, len_bytes, name, (uint32_t) strlen(name) + 1);
}

static int socket_number(struct internet_socket *internet, int option)
{
  const struct internet_options *options = &internet->options;
  switch (option)
  {
  case SO_REUSEADDR:
    return (options->lwip & SOF_REUSEADDR) != 0;
  case SO_REUSEPORT:
    return options->is_reuseport;
  case SO_KEEPALIVE:
    return (options->lwip & SOF_KEEPALIVE) != 0;
  case SO_BROADCAST:
    return (options->lwip & SOF_BROADCAST) != 0;
  case SO_RCVBUF:
    return (int) options->receive_bytes;
  case SO_SNDBUF:
    return (int) options->send_bytes;
  case SO_RCVLOWAT:
    return (int) options->receive_least_bytes;
  case SO_SNDLOWAT:
    return 1;
  case SO_PRIORITY:
    return options->priority;
  case SO_MARK:
    return options->mark;
  case SO_ACCEPTCONN:
    return internet->state == INTERNET_LISTENING;
  case SO_ERROR:
    return -internet_take_error(internet);
  case SO_OOBINLINE:
  case SO_DONTROUTE:
  case SO_NO_CHECK:
  case SO_BUSY_POLL:
  case SO_INCOMING_CPU:
    return 0;
  default:
    return -ENOPROTOOPT;
  }
}

static int tcp_number(const struct internet_socket *internet, int option)
{
  const struct internet_options *options = &internet->options;
  switch (option)
  {
  case TCP_NODELAY:
    return options->is_nodelay;
  case TCP_CORK:
    return options->is_corked;
  case TCP_MAXSEG:
    return tcp_segment_bytes(internet);
  case TCP_KEEPIDLE:
    return (int) options->keep_idle_s;
  case TCP_KEEPINTVL:
    return (int) options->keep_interval_s;
  case TCP_KEEPCNT:
    return (int) options->keep_count;
  case TCP_USER_TIMEOUT:
    return (int) options->user_timeout_ms;
  case TCP_DEFER_ACCEPT:
    return (int) options->defer_accept_s;
  case TCP_QUICKACK:
    return 1;
  default:
    return -ENOPROTOOPT;
  }
}

static int mtu_to_peer(const struct internet_socket *internet)
{
  if (internet->state != INTERNET_CONNECTED)
    return -ENOTCONN;
  const struct netif *netif = ip_route(&internet->local.address, &internet->peer.address);
  return netif != NULL ? netif->mtu : -ENOTCONN;
}

static int ip_number(const struct internet_socket *internet, int option)
{
  const struct internet_options *options = &internet->options;
  switch (option)
  {
  case IP_TTL:
    return options->ttl;
  case IP_TOS:
    return options->tos;
  case IP_PKTINFO:
    return options->wants_packet_info;
  case IP_RECVTTL:
    return options->wants_ttl;
  case IP_RECVTOS:
    return options->wants_tos;
  case IP_RECVERR:
    return options->wants_error_queue;
  case IP_MTU_DISCOVER:
    return IP_PMTUDISC_DONT;
  case IP_MTU:
    return mtu_to_peer(internet);
  case IP_HDRINCL:
    return options->has_header;
  case IP_MULTICAST_TTL:
    return options->multicast_ttl;
  case IP_MULTICAST_LOOP:
    return options->is_multicast_loop;
  default:
    return -ENOPROTOOPT;
  }
}

static int ipv6_number(const struct internet_socket *internet, int option)
{
  const struct internet_options *options = &internet->options;
  if (internet->socket.family != AF_INET6)
    return -ENOPROTOOPT;
  switch (option)
  {
  case IPV6_V6ONLY:
    return options->is_v6only;
  case IPV6_UNICAST_HOPS:
    return options->ttl;
  case IPV6_TCLASS:
    return options->tos;
  case IPV6_RECVPKTINFO:
    return options->wants_packet_info;
  case IPV6_RECVHOPLIMIT:
    return options->wants_ttl;
  case IPV6_RECVTCLASS:
    return options->wants_tos;
  case IPV6_RECVERR:
    return options->wants_error_queue;
  case IPV6_MTU:
    return mtu_to_peer(internet);
  case IPV6_MULTICAST_HOPS:
    return options->multicast_ttl;
  case IPV6_MULTICAST_LOOP:
    return options->is_multicast_loop;
  case IPV6_MULTICAST_IF:
    return internet->socket.type == SOCK_DGRAM ? udp_get_multicast_netif_index(internet->udp) : 0;
  default:
    return -ENOPROTOOPT;
  }
}

static int get(struct internet_socket *internet, int level, int option, void *value,
               uint32_t *len_bytes)
{
  int number = -ENOPROTOOPT;
  if (level == SOL_SOCKET && option == SO_LINGER)
    return get_linger(&internet->options, value, len_bytes);
  if (level == SOL_SOCKET && option == SO_BINDTODEVICE)
    return get_interface(&internet->options, value, len_bytes);
  if (level == IPPROTO_TCP && !internet_is_stream(internet))
    return -ENOPROTOOPT;
  if (level == IPPROTO_TCP && option == TCP_INFO)
  {
    struct tcp_info information;
    tcp_information(internet, &information);
    return option_put(value, len_bytes, &information, sizeof(information));
  }
  if (level == IPPROTO_TCP && option == TCP_CONGESTION)
    return option_put(value, len_bytes, TCP_CONGESTION_NAME, sizeof(TCP_CONGESTION_NAME));
  if (level == IPPROTO_IP && option == IP_MULTICAST_IF && internet->socket.type == SOCK_DGRAM)
    return option_put(value, len_bytes, udp_get_multicast_netif_addr(internet->udp), 4);
  if (level == SOL_SOCKET)
    number = socket_number(internet, option);
  else if (level == IPPROTO_TCP)
    number = tcp_number(internet, option);
  else if (level == IPPROTO_IP)
    number = ip_number(internet, option);
  else if (level == IPPROTO_IPV6)
    number = ipv6_number(internet, option);
  return number >= 0 ? option_put_number(value, len_bytes, number) : number;
}

int internet_get_option(struct socket *socket, int level, int option, void *value,
                        uint32_t *len_bytes)
{
  net_lock();
  int error = get(internet_of(socket), level, option, value, len_bytes);
  net_unlock();
  return error;
}
