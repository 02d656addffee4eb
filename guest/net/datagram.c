/* Sockets of UDP, and raw ones: names, peers, and what lwIP hands over. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "mm/kernel_heap.h"
#include "net/address_check.h"
#include "net/icmp_errors.h"
#include "net/internet.h"
#include "net/send_wait.h"

/* What a datagram is counted for beside its bytes, so that empty ones are bounded too. */
#define DATAGRAM_EXTRA_BYTES 256

static bool is_udp(const struct internet_socket *internet)
{
  return internet->socket.type == SOCK_DGRAM;
}

/* ---- What lwIP hands over ---- */

static void note_header(struct internet_datagram *datagram)
{
  ip_addr_copy(datagram->to, *ip_current_dest_addr());
  datagram->interface = netif_get_index(ip_current_input_netif());
  if (ip_current_is_v6())
  {
    datagram->ttl = IP6H_HOPLIM(ip6_current_header());
    datagram->tos = (uint8_t) IP6H_TC(ip6_current_header());
  }
  else
  {
    datagram->ttl = IPH_TTL(ip4_current_header());
    datagram->tos = IPH_TOS(ip4_current_header());
  }
}

/* Takes the bytes over. */
static void receive(struct internet_socket *internet, struct pbuf *bytes, const ip_addr_t *from,
                    uint16_t port)
{
  uint32_t charged_bytes = bytes->tot_len + DATAGRAM_EXTRA_BYTES;
  struct internet_datagram *datagram = NULL;
  if (!internet->is_receive_shut &&
      internet->queued_bytes + charged_bytes <= internet->options.receive_bytes)
    datagram = kernel_allocate_zeroed(sizeof(*datagram));
  if (datagram == NULL)
  {
    pbuf_free(bytes);
    return;
  }
  datagram->bytes = bytes;
  datagram->charged_bytes = charged_bytes;
  ip_addr_copy(datagram->from, *from);
  datagram->from_port = port;
  note_header(datagram);
  if (internet->first_datagram == NULL)
    internet->first_datagram = datagram;
  else
    internet->last_datagram->next = datagram;
  internet->last_datagram = datagram;
  internet->queued_bytes += charged_bytes;
  internet_changed(internet, POLLIN | POLLRDNORM);
}

static void on_udp(void *argument, struct udp_pcb *pcb, struct pbuf *bytes, const ip_addr_t *from,
                   u16_t port)
{
  (void) pcb;
  receive(argument, bytes, from, port);
}

/* A copy: others and lwIP itself see the packet too. That of IPv6 has no header, as on Linux. */
static u8_t on_raw(void *argument, struct raw_pcb *pcb, struct pbuf *bytes, const ip_addr_t *from)
{
  (void) pcb;
  struct pbuf *copy = pbuf_clone(PBUF_RAW, PBUF_RAM, bytes);
  if (copy == NULL)
    return 0;
  if (ip_current_is_v6())
    pbuf_remove_header(copy, ip_current_header_tot_len());
  receive(argument, copy, from, 0);
  return 0;
}

void datagram_socket_drop(struct internet_socket *internet, struct internet_datagram *datagram)
{
  internet->queued_bytes -= datagram->charged_bytes;
  pbuf_free(datagram->bytes);
  kernel_free(datagram, sizeof(*datagram));
}

/* ---- Life ---- */

int datagram_socket_make(struct internet_socket *internet)
{
  u8_t type = (u8_t) internet_type_of_address(internet);
  if (is_udp(internet))
  {
    internet->udp = udp_new_ip_type(type);
    if (internet->udp == NULL)
      return -ENOBUFS;
    udp_recv(internet->udp, on_udp, internet);
    icmp_errors_add(internet);
  }
  else
  {
    int protocol = internet->socket.protocol;
    internet->raw = raw_new_ip_type(type, (u8_t) protocol);
    if (internet->raw == NULL)
      return -ENOBUFS;
    raw_recv(internet->raw, on_raw, internet);
    internet->options.has_header = type == IPADDR_TYPE_V4 && protocol == IPPROTO_RAW;
    if (type == IPADDR_TYPE_V6 && protocol == IPPROTO_ICMPV6)
    {
      internet->raw->chksum_reqd = 1;
      internet->raw->chksum_offset = 2;
    }
  }
  internet_apply(internet);
  return 0;
}

static int release_datagrams(struct socket *socket)
{
  struct internet_socket *internet = internet_of(socket);
  net_lock();
  send_wait_remove(internet);
  multicast_leave_all(internet);
  if (is_udp(internet))
  {
    icmp_errors_remove(internet);
    udp_remove(internet->udp);
  }
  else
    raw_remove(internet->raw);
  while (internet->first_datagram != NULL)
  {
    struct internet_datagram *datagram = internet->first_datagram;
    internet->first_datagram = datagram->next;
    datagram_socket_drop(internet, datagram);
  }
  net_unlock();
  kernel_free(internet, sizeof(*internet));
  return 0;
}

/* ---- Names ---- */

static int bind_to(struct internet_socket *internet, const struct internet_address *address)
{
  if (is_udp(internet) && internet->udp->local_port != 0)
    return -EINVAL;
  int error = address_check_bind(&address->address, true);
  if (error != 0)
    return error;
  err_t failure = is_udp(internet) ? udp_bind(internet->udp, &address->address, address->port)
                                   : raw_bind(internet->raw, &address->address);
  if (failure == ERR_OK)
    internet->is_bound = true;
  return convert_error(failure);
}

static int bind_datagrams(struct socket *socket, const struct socket_name *name)
{
  struct internet_socket *internet = internet_of(socket);
  struct internet_address address;
  int error = address_of_bind(internet, name, &address);
  if (error != 0)
    return error;
  net_lock();
  error = bind_to(internet, &address);
  net_unlock();
  return error;
}

static void disconnect(struct internet_socket *internet)
{
  if (is_udp(internet))
    udp_disconnect(internet->udp);
  else
    raw_disconnect(internet->raw);
  internet->state = INTERNET_NEW;
}

/* From which address what goes to the peer comes, if that is known by now. */
static bool find_own(struct internet_socket *internet, const ip_addr_t *peer)
{
  const ip_addr_t *local = is_udp(internet) ? &internet->udp->local_ip : &internet->raw->local_ip;
  struct netif *netif = ip_route(local, peer);
  const ip_addr_t *own = netif != NULL ? ip_netif_get_local_ip(netif, peer) : NULL;
  if (own != NULL)
    ip_addr_copy(internet->local.address, *own);
  return netif != NULL;
}

static int connect_to(struct internet_socket *internet, const struct internet_address *to)
{
  int error = send_wait_for_address(internet, &to->address, 0);
  bool is_early = error == -EAGAIN && !socket_waits(&internet->socket, 0);
  if (error != 0 && !is_early)
    return error;
  /* Who does not wait has its peer before there is an address of IPv4. With IPv6 there may be none
   * in most networks, which is for programs to find out in time. */
  bool comes = is_early && IP_IS_V4_VAL(to->address);
  if (!find_own(internet, &to->address) && !comes)
    return -ENETUNREACH;
  err_t failure = is_udp(internet) ? udp_connect(internet->udp, &to->address, to->port)
                                   : raw_connect(internet->raw, &to->address);
  if (failure != ERR_OK)
    return convert_error(failure);
  internet->peer = *to;
  internet->state = INTERNET_CONNECTED;
  return 0;
}

static int connect_datagrams(struct socket *socket, const struct socket_name *name)
{
  struct internet_socket *internet = internet_of(socket);
  struct internet_address to;
  int error = 0;
  bool leaves = name->len_bytes >= sizeof(name->family) && name->family == AF_UNSPEC;
  if (!leaves)
    error = address_of_peer(internet, name, &to);
  if (error != 0)
    return error;
  net_lock();
  if (leaves)
    disconnect(internet);
  else
    error = connect_to(internet, &to);
  net_unlock();
  return error;
}

static int name_datagrams(struct socket *socket, bool is_peer, struct socket_name *name)
{
  struct internet_socket *internet = internet_of(socket);
  struct internet_address address = {.port = 0};
  int error = 0;
  net_lock();
  bool is_connected = internet->state == INTERNET_CONNECTED;
  if (is_peer && !is_connected)
    error = -ENOTCONN;
  else if (is_peer)
    address = internet->peer;
  else
  {
    address.address = is_udp(internet) ? internet->udp->local_ip : internet->raw->local_ip;
    address.port =
        is_udp(internet) ? internet->udp->local_port : (uint16_t) internet->socket.protocol;
    if (is_connected && ip_addr_isany(&address.address))
    {
      (void) find_own(internet, &internet->peer.address);
      ip_addr_copy(address.address, internet->local.address);
    }
  }
  net_unlock();
  if (error == 0)
    convert_to_name(name, socket->family, &address.address, address.port);
  return error;
}

static int shutdown_datagrams(struct socket *socket, int how)
{
  struct internet_socket *internet = internet_of(socket);
  net_lock();
  int error = internet->state == INTERNET_CONNECTED ? 0 : -ENOTCONN;
  if (how != SHUT_WR)
    internet->is_receive_shut = true;
  if (how != SHUT_RD)
    internet->is_send_shut = true;
  internet_changed(internet, POLLIN | POLLRDNORM | POLLRDHUP | POLLHUP);
  net_unlock();
  return error;
}

const struct socket_operations datagram_socket_operations = {
    .bind = bind_datagrams,
    .connect = connect_datagrams,
    .send = datagram_socket_send,
    .receive = datagram_socket_receive,
    .shutdown = shutdown_datagrams,
    .name = name_datagrams,
    .set_option = internet_set_option,
    .get_option = internet_get_option,
    .control = internet_control,
    .poll = internet_poll,
    .release = release_datagrams,
};
