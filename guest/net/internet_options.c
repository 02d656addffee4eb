/* Options of sockets of the Internet. What is set is kept with the socket, for pcbs come and go,
 * and given to the pcb that there is. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "net/interfaces.h"
#include "net/internet.h"
#include "net/option_values.h"
#include "net/tcp_information.h"
#include "net/tcp_numbers.h"

#define LEAST_BYTES 2304 /* of SO_RCVBUF and SO_SNDBUF, as on Linux */
#define MOST_BYTES  (1 << 22)
#define MS_PER_S    1000
#define LOOK_TICKS  2 /* 200 ms, of the clock of TCP */

/* ---- To the pcb ---- */

static void apply_tcp(const struct internet_socket *internet, struct tcp_pcb *pcb)
{
  const struct internet_options *options = &internet->options;
  pcb->so_options = options->lwip;
  pcb->ttl = options->ttl;
  pcb->tos = options->tos;
  pcb->netif_idx = options->interface;
  if (pcb->state == LISTEN)
    return;
  if (options->is_nodelay)
    tcp_nagle_disable(pcb);
  else
    tcp_nagle_enable(pcb);
  pcb->keep_idle = options->keep_idle_s * MS_PER_S;
  pcb->keep_intvl = options->keep_interval_s * MS_PER_S;
  pcb->keep_cnt = options->keep_count;
  tcp_poll(pcb, options->user_timeout_ms != 0 ? tcp_socket_look : NULL, LOOK_TICKS);
}

void internet_apply(struct internet_socket *internet)
{
  const struct internet_options *options = &internet->options;
  if (internet->tcp == NULL)
    return;
  if (internet_is_stream(internet))
    apply_tcp(internet, internet->tcp);
  else if (internet->socket.type == SOCK_DGRAM)
  {
    struct udp_pcb *pcb = internet->udp;
    pcb->so_options = options->lwip;
    pcb->ttl = options->ttl;
    pcb->tos = options->tos;
    pcb->netif_idx = options->interface;
    udp_set_multicast_ttl(pcb, options->multicast_ttl);
    pcb->flags = (u8_t) ((pcb->flags & ~UDP_FLAGS_MULTICAST_LOOP) |
                         (options->is_multicast_loop ? UDP_FLAGS_MULTICAST_LOOP : 0));
  }
  else
  {
    struct raw_pcb *pcb = internet->raw;
    pcb->so_options = options->lwip;
    pcb->ttl = options->ttl;
    pcb->tos = options->tos;
    pcb->netif_idx = options->interface;
    raw_set_multicast_ttl(pcb, options->multicast_ttl);
    pcb->flags = (u8_t) ((pcb->flags & ~(RAW_FLAGS_MULTICAST_LOOP | RAW_FLAGS_HDRINCL)) |
                         (options->is_multicast_loop ? RAW_FLAGS_MULTICAST_LOOP : 0) |
                         (options->has_header ? RAW_FLAGS_HDRINCL : 0));
  }
}

/* ---- Setting; with the core lock ---- */

static void set_flag(struct internet_options *options, uint8_t flag, bool on)
{
  options->lwip = (uint8_t) (on ? options->lwip | flag : options->lwip & ~flag);
}

/* Linux doubles what is asked for, and tells the double. */
static uint32_t buffer_bytes(int number)
{
  uint64_t wish = number > 0 ? (uint64_t) number * 2 : 0;
  if (wish < LEAST_BYTES)
    return LEAST_BYTES;
  return wish < MOST_BYTES ? (uint32_t) wish : MOST_BYTES;
}

static int set_linger(struct internet_options *options, const void *value, uint32_t len_bytes)
{
  struct linger linger;
  if (len_bytes < sizeof(linger))
    return -EINVAL;
  memcpy(&linger, value, sizeof(linger));
  options->has_linger = linger.l_onoff != 0;
  options->linger_s = linger.l_linger > 0 ? (uint32_t) linger.l_linger : 0;
  return 0;
}

static int set_interface(struct internet_options *options, const char *name, uint32_t len_bytes)
{
  char copy[INTERFACE_NAME_BYTES] = "";
  memcpy(copy, name, len_bytes < sizeof(copy) ? len_bytes : sizeof(copy) - 1);
  options->interface = NETIF_NO_INDEX;
  if (copy[0] == '\0')
    return 0;
  const struct netif *netif = interface_find(copy);
  if (netif == NULL)
    return -ENODEV;
  options->interface = netif_get_index(netif);
  return 0;
}

static int set_socket_number(struct internet_socket *internet, int option, int number)
{
  struct internet_options *options = &internet->options;
  switch (option)
  {
  case SO_REUSEADDR:
    set_flag(options, SOF_REUSEADDR, number != 0 || options->is_reuseport);
    return 0;
  case SO_REUSEPORT:
    options->is_reuseport = number != 0;
    if (!internet_is_stream(internet))
      set_flag(options, SOF_REUSEADDR, number != 0 || (options->lwip & SOF_REUSEADDR) != 0);
    return 0;
  case SO_KEEPALIVE:
    set_flag(options, SOF_KEEPALIVE, number != 0);
    return 0;
  case SO_BROADCAST:
    set_flag(options, SOF_BROADCAST, number != 0);
    return 0;
  case SO_RCVBUF:
  case SO_RCVBUFFORCE:
    options->receive_bytes = buffer_bytes(number);
    return 0;
  case SO_SNDBUF:
  case SO_SNDBUFFORCE:
    options->send_bytes = buffer_bytes(number);
    return 0;
  case SO_RCVLOWAT:
    options->receive_least_bytes = number > 0 ? (uint32_t) number : number == 0 ? 1 : INT32_MAX;
    if (internet_is_stream(internet) && options->receive_least_bytes > INTERNET_MOST_LEAST_BYTES)
      options->receive_least_bytes = INTERNET_MOST_LEAST_BYTES;
    return 0;
  case SO_PRIORITY:
    options->priority = number;
    return 0;
  case SO_MARK:
    options->mark = number;
    return 0;
  case SO_OOBINLINE:
  case SO_DONTROUTE:
  case SO_NO_CHECK:
  case SO_BUSY_POLL:
  case SO_INCOMING_CPU:
    return number == 0 ? 0 : -EOPNOTSUPP;
  default:
    return -ENOPROTOOPT;
  }
}

static int set_tcp_number(struct internet_socket *internet, int option, int number)
{
  struct internet_options *options = &internet->options;
  switch (option)
  {
  case TCP_NODELAY:
    options->is_nodelay = number != 0;
    break;
  case TCP_CORK:
    options->is_corked = number != 0;
    break;
  case TCP_KEEPIDLE:
    return option_set_within(&options->keep_idle_s, number, 1, 32767);
  case TCP_KEEPINTVL:
    return option_set_within(&options->keep_interval_s, number, 1, 32767);
  case TCP_KEEPCNT:
    return option_set_within(&options->keep_count, number, 1, 127);
  case TCP_USER_TIMEOUT:
    return option_set_within(&options->user_timeout_ms, number, 0, INT32_MAX);
  case TCP_DEFER_ACCEPT:
    return option_set_within(&options->defer_accept_s, number, 0, INT32_MAX);
  case TCP_QUICKACK:
    return 0;
  case TCP_MAXSEG:
    return -EINVAL;
  default:
    return -ENOPROTOOPT;
  }
  return 0;
}

static int set_ip_number(struct internet_socket *internet, int option, int number)
{
  struct internet_options *options = &internet->options;
  switch (option)
  {
  case IP_TTL:
    return option_set_byte(&options->ttl, number, 1, 64);
  case IP_TOS:
    return option_set_byte(&options->tos, number & 0xff, 0, 0);
  case IP_PKTINFO:
    options->wants_packet_info = number != 0;
    return 0;
  case IP_RECVTTL:
    options->wants_ttl = number != 0;
    return 0;
  case IP_RECVTOS:
    options->wants_tos = number != 0;
    return 0;
  case IP_RECVERR:
    options->wants_error_queue = number != 0;
    return 0;
  case IP_MTU_DISCOVER:
    return number >= IP_PMTUDISC_DONT && number <= IP_PMTUDISC_OMIT ? 0 : -EINVAL;
  case IP_HDRINCL:
    if (internet->socket.type != SOCK_RAW)
      return -ENOPROTOOPT;
    options->has_header = number != 0;
    return 0;
  default:
    return -ENOPROTOOPT;
  }
}

static int set_v6only(struct internet_socket *internet, bool on)
{
  bool is_udp = internet->socket.type == SOCK_DGRAM;
  uint16_t port = is_udp                         ? internet->udp->local_port
                  : internet_is_stream(internet) ? internet->local.port
                                                 : 0;
  if (port != 0)
    return -EINVAL;
  internet->options.is_v6only = on;
  int type = internet_type_of_address(internet);
  if (internet->tcp != NULL)
  {
    IP_SET_TYPE_VAL(internet->tcp->local_ip, (u8_t) type);
    IP_SET_TYPE_VAL(internet->tcp->remote_ip, (u8_t) type);
  }
  return 0;
}

static int set_ipv6_number(struct internet_socket *internet, int option, int number)
{
  struct internet_options *options = &internet->options;
  if (internet->socket.family != AF_INET6)
    return -ENOPROTOOPT;
  switch (option)
  {
  case IPV6_V6ONLY:
    return set_v6only(internet, number != 0);
  case IPV6_UNICAST_HOPS:
    return option_set_byte(&options->ttl, number, 0, 64);
  case IPV6_TCLASS:
    return option_set_byte(&options->tos, number, 0, 0);
  case IPV6_RECVPKTINFO:
    options->wants_packet_info = number != 0;
    return 0;
  case IPV6_RECVHOPLIMIT:
    options->wants_ttl = number != 0;
    return 0;
  case IPV6_RECVTCLASS:
    options->wants_tos = number != 0;
    return 0;
  case IPV6_RECVERR:
    options->wants_error_queue = number != 0;
    return 0;
  case IPV6_MTU_DISCOVER:
  case IPV6_DONTFRAG:
    return 0;
  default:
    return -ENOPROTOOPT;
  }
}

static int set(struct internet_socket *internet, int level, int option, const void *value,
               uint32_t len_bytes)
{
  int number = 0;
  if (level == SOL_SOCKET && option == SO_LINGER)
    return set_linger(&internet->options, value, len_bytes);
  if (level == SOL_SOCKET && option == SO_BINDTODEVICE)
    return set_interface(&internet->options, value, len_bytes);
  if (level == IPPROTO_TCP && option == TCP_CONGESTION)
    return option_set_name(value, len_bytes, TCP_CONGESTION_NAME);
  int error = multicast_set(internet, level, option, value, len_bytes);
  if (error != -ENOPROTOOPT)
    return error;
  if (!option_get_number(&number, level, value, len_bytes))
    return -EINVAL;
  switch (level)
  {
  case SOL_SOCKET:
    return set_socket_number(internet, option, number);
  case IPPROTO_TCP:
    return internet_is_stream(internet) ? set_tcp_number(internet, option, number) : -ENOPROTOOPT;
  case IPPROTO_IP:
    return set_ip_number(internet, option, number);
  case IPPROTO_IPV6:
    return set_ipv6_number(internet, option, number);
  default:
    return -ENOPROTOOPT;
  }
}

int internet_set_option(struct socket *socket, int level, int option, const void *value,
                        uint32_t len_bytes)
{
  struct internet_socket *internet = internet_of(socket);
  net_lock();
  int error = set(internet, level, option, value, len_bytes);
  if (error == 0)
  {
    internet_apply(internet);
    if (internet_is_stream(internet) && internet->tcp != NULL &&
        internet->state == INTERNET_CONNECTED && !internet->options.is_corked)
      tcp_output(internet->tcp);
    internet_changed(internet, POLLIN | POLLOUT);
  }
  net_unlock();
  return error;
}
