/* Datagrams to and from programs. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "net/address_check.h"
#include "net/internet.h"
#include "net/send_wait.h"

#define MOST_IPV4_BYTES   65507 /* with the headers 64 KiB less one */
#define MOST_IPV6_BYTES   65487
#define LEAST_ICMP6_BYTES 4 /* up to the checksum, which is the stack's to compute */

/* ---- Sending ---- */

/* By what a control message says in place of the socket. */
struct sending
{
  struct internet_address to;
  ip_addr_t from; /* any: as the socket has it */
  uint8_t interface;
};

static int read_control(const struct socket_message *message, struct sending *sending)
{
  struct msghdr header = {.msg_control = message->control,
                          .msg_controllen = message->control_bytes};
  if (message->control == NULL)
    return 0;
  for (struct cmsghdr *item = CMSG_FIRSTHDR(&header); item != NULL;
       item = CMSG_NXTHDR(&header, item))
  {
    if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO &&
        item->cmsg_len == CMSG_LEN(sizeof(struct in_pktinfo)))
    {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(item), sizeof(info));
      sending->interface = (uint8_t) info.ipi_ifindex;
      convert_from_ipv4(&sending->from, info.ipi_spec_dst.s_addr);
    }
    else if (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_PKTINFO &&
             item->cmsg_len == CMSG_LEN(sizeof(struct in6_pktinfo)))
    {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(item), sizeof(info));
      sending->interface = (uint8_t) info.ipi6_ifindex;
      convert_from_ipv6(&sending->from, info.ipi6_addr.s6_addr32);
    }
    else
      return -EINVAL;
  }
  return 0;
}

static err_t send_udp(struct udp_pcb *pcb, struct pbuf *bytes, const struct sending *sending)
{
  const ip_addr_t *to = &sending->to.address;
  struct netif *netif = NULL;
  if (sending->interface != NETIF_NO_INDEX)
    netif = netif_get_by_index(sending->interface);
  if (ip_addr_isany(&sending->from))
    return netif != NULL ? udp_sendto_if(pcb, bytes, to, sending->to.port, netif)
                         : udp_sendto(pcb, bytes, to, sending->to.port);
  if (netif == NULL)
    netif = ip_route(&sending->from, to);
  if (netif == NULL)
    return ERR_RTE;
  return udp_sendto_if_src(pcb, bytes, to, sending->to.port, netif, &sending->from);
}

static bool is_refused_broadcast(const struct internet_socket *internet, const ip_addr_t *to)
{
  if (!IP_IS_V4_VAL(*to) || (internet->options.lwip & SOF_BROADCAST) != 0)
    return false;
  struct netif *netif = ip_route(&internet->udp->local_ip, to);
  return netif != NULL && ip4_addr_isbroadcast(ip_2_ip4(to), netif);
}

static long send_once(struct internet_socket *internet, struct sending *sending, struct pbuf *bytes)
{
  if (internet->error != 0)
    return internet_take_error(internet);
  if (internet->is_send_shut)
    return -EPIPE;
  long len_bytes = bytes->tot_len;
  bool is_udp = internet->socket.type == SOCK_DGRAM;
  if (is_udp && is_refused_broadcast(internet, &sending->to.address))
    return -EACCES;
  err_t failure = is_udp ? send_udp(internet->udp, bytes, sending)
                         : raw_sendto(internet->raw, bytes, &sending->to.address);
  return failure == ERR_OK ? len_bytes : convert_error(failure);
}

/* The same; if the interface takes no more, when it does again. lwIP writes headers in front of the
 * bytes, which are taken off for the next attempt. If a part of them is on its way, they are lost.
 */
static long send_bytes(struct internet_socket *internet, struct sending *sending,
                       struct pbuf *bytes, int flags)
{
  const struct pbuf before = *bytes;
  long result;
  while ((result = send_once(internet, sending, bytes)) == -ENOBUFS && net_is_full())
  {
    if (bytes->ref > 1)
      return before.tot_len;
    bytes->payload = before.payload;
    bytes->len = before.len;
    bytes->tot_len = before.tot_len;
    int error = send_wait_for_room(internet, flags);
    if (error != 0)
      return error;
  }
  return result;
}

/* To whom: the name, or else the peer. */
static int find_peer(struct internet_socket *internet, const struct socket_name *name,
                     struct internet_address *to)
{
  if (name != NULL)
    return address_of_peer(internet, name, to);
  net_lock();
  bool is_connected = internet->state == INTERNET_CONNECTED;
  if (is_connected)
    *to = internet->peer;
  net_unlock();
  return is_connected ? 0 : -EDESTADDRREQ;
}

long datagram_socket_send(struct socket *socket, struct socket_message *message)
{
  struct internet_socket *internet = internet_of(socket);
  struct sending sending = {.interface = NETIF_NO_INDEX};
  if ((message->flags & (MSG_OOB | MSG_MORE)) != 0)
    return -EOPNOTSUPP;
  int error = find_peer(internet, message->name, &sending.to);
  if (error == 0)
    error = read_control(message, &sending);
  if (error != 0)
    return error;
  bool is_ipv4 = IP_IS_V4_VAL(sending.to.address);
  if (message->total_bytes > (is_ipv4 ? MOST_IPV4_BYTES : MOST_IPV6_BYTES))
    return -EMSGSIZE;
  if (sending.to.port == 0 && socket->type == SOCK_DGRAM)
    return -EINVAL;
  if (socket->type == SOCK_RAW && socket->family == AF_INET6 &&
      socket->protocol == IPPROTO_ICMPV6 && message->total_bytes < LEAST_ICMP6_BYTES)
    return -EINVAL;
  pbuf_layer layer = socket->type == SOCK_DGRAM     ? PBUF_TRANSPORT
                     : internet->options.has_header ? PBUF_LINK
                                                    : PBUF_IP;
  struct pbuf *bytes = pbuf_alloc(layer, (u16_t) message->total_bytes, PBUF_RAM);
  if (bytes == NULL)
    return -ENOBUFS;
  long result = -EFAULT;
  bool is_copied =
      socket_copy_from(bytes->payload, message, 0, message->total_bytes) == message->total_bytes;
  net_lock();
  if (is_copied)
    result = send_wait_for_address(internet, &sending.to.address, message->flags);
  if (result == 0)
    result = send_bytes(internet, &sending, bytes, message->flags);
  pbuf_free(bytes);
  net_unlock();
  return result;
}

/* ---- Receiving ---- */

/* A control message, if there is room for it. */
static void put_control(struct socket_message *message, size_t room_bytes, int type_level, int type,
                        const void *data, size_t len_bytes)
{
  size_t at = message->control_bytes;
  if (room_bytes - at < CMSG_LEN(len_bytes))
  {
    message->flags |= MSG_CTRUNC;
    return;
  }
  struct cmsghdr *item = (struct cmsghdr *) (void *) ((char *) message->control + at);
  *item = (struct cmsghdr){
      .cmsg_len = CMSG_LEN(len_bytes), .cmsg_level = type_level, .cmsg_type = type};
  memcpy(CMSG_DATA(item), data, len_bytes);
  size_t space = CMSG_SPACE(len_bytes);
  message->control_bytes += space < room_bytes - at ? space : room_bytes - at;
}

static void put_packet_info(struct socket_message *message, size_t room_bytes,
                            const struct internet_datagram *datagram)
{
  if (IP_IS_V4_VAL(datagram->to))
  {
    struct in_pktinfo info = {.ipi_ifindex = datagram->interface};
    info.ipi_addr.s_addr = info.ipi_spec_dst.s_addr = ip_addr_get_ip4_u32(&datagram->to);
    put_control(message, room_bytes, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    return;
  }
  struct in6_pktinfo info = {.ipi6_ifindex = datagram->interface};
  memcpy(&info.ipi6_addr, ip_2_ip6(&datagram->to)->addr, sizeof(info.ipi6_addr));
  put_control(message, room_bytes, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
}

static void put_controls(const struct internet_socket *internet, struct socket_message *message,
                         const struct internet_datagram *datagram)
{
  size_t room_bytes = message->control != NULL ? message->control_bytes : 0;
  bool is_ipv4 = IP_IS_V4_VAL(datagram->to);
  int number;
  message->control_bytes = 0;
  if (internet->options.wants_packet_info)
    put_packet_info(message, room_bytes, datagram);
  number = datagram->ttl;
  if (internet->options.wants_ttl)
    put_control(message, room_bytes, is_ipv4 ? IPPROTO_IP : IPPROTO_IPV6,
                is_ipv4 ? IP_TTL : IPV6_HOPLIMIT, &number, sizeof(number));
  number = datagram->tos;
  if (internet->options.wants_tos && is_ipv4)
    put_control(message, room_bytes, IPPROTO_IP, IP_TOS, &datagram->tos, 1);
  else if (internet->options.wants_tos)
    put_control(message, room_bytes, IPPROTO_IPV6, IPV6_TCLASS, &number, sizeof(number));
}

static long copy_out(const struct socket_message *message, const struct pbuf *bytes)
{
  size_t wish = bytes->tot_len < message->total_bytes ? bytes->tot_len : message->total_bytes;
  size_t done = 0;
  for (; bytes != NULL && done < wish; bytes = bytes->next)
  {
    size_t piece = bytes->len < wish - done ? bytes->len : wish - done;
    if (socket_copy_to(message, done, bytes->payload, piece) != piece)
      return -EFAULT;
    done += piece;
  }
  return (long) done;
}

static long tell(const struct internet_socket *internet, struct socket_message *message,
                 const struct internet_datagram *datagram)
{
  bool wants_length = (message->flags & MSG_TRUNC) != 0;
  long result = copy_out(message, datagram->bytes);
  if (result < 0)
    return result;
  message->flags = (size_t) result < datagram->bytes->tot_len ? MSG_TRUNC : 0;
  if (message->name != NULL)
    convert_to_name(message->name, internet->socket.family, &datagram->from, datagram->from_port);
  put_controls(internet, message, datagram);
  return wants_length ? datagram->bytes->tot_len : result;
}

/* With the core lock: 0: there is one, 1: there will never be. */
static int wait_for_datagram(struct internet_socket *internet, bool waits)
{
  uint64_t deadline_ns = waits ? socket_deadline(&internet->socket.receive_timeout_ns) : 0;
  for (;;)
  {
    if (internet->error != 0)
      return internet_take_error(internet);
    if (internet->first_datagram != NULL)
      return 0;
    if (internet->is_receive_shut)
      return 1;
    if (!waits)
      return -EAGAIN;
    int error = internet_sleep(&internet->receive_wait, deadline_ns);
    if (error != 0)
      return error;
  }
}

static struct internet_datagram *take(struct internet_socket *internet)
{
  struct internet_datagram *datagram = internet->first_datagram;
  internet->first_datagram = datagram->next;
  internet_changed(internet, 0);
  return datagram;
}

long datagram_socket_receive(struct socket *socket, struct socket_message *message)
{
  struct internet_socket *internet = internet_of(socket);
  struct internet_datagram *datagram = NULL;
  long result = 0;
  if ((message->flags & MSG_ERRQUEUE) != 0)
    return -EAGAIN;
  net_lock();
  int error = wait_for_datagram(internet, socket_waits(socket, message->flags));
  if (error == 0 && (message->flags & MSG_PEEK) != 0)
    result = tell(internet, message, internet->first_datagram);
  else if (error == 0)
    datagram = take(internet);
  net_unlock();
  if (error != 0)
  {
    message->flags = 0;
    message->control_bytes = 0;
    return error < 0 ? error : 0;
  }
  if (datagram == NULL)
    return result;
  result = tell(internet, message, datagram);
  net_lock();
  datagram_socket_drop(internet, datagram);
  net_unlock();
  return result;
}
