/* Making sockets of the Internet. The first one brings the network up. */
#include "net/internet.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "mm/kernel_heap.h"

#define DEFAULT_BYTES        212992 /* of SO_RCVBUF and SO_SNDBUF for datagrams, as on Linux */
#define DEFAULT_TTL          64
#define DEFAULT_KEEP_IDLE_S  7200
#define DEFAULT_KEEP_EVERY_S 75
#define DEFAULT_KEEP_COUNT   9

static const struct internet_options defaults = {
    .ttl = DEFAULT_TTL,
    .multicast_ttl = 1,
    .is_multicast_loop = true,
    .receive_bytes = DEFAULT_BYTES,
    .send_bytes = DEFAULT_BYTES,
    .receive_least_bytes = 1,
    .keep_idle_s = DEFAULT_KEEP_IDLE_S,
    .keep_interval_s = DEFAULT_KEEP_EVERY_S,
    .keep_count = DEFAULT_KEEP_COUNT,
};

struct internet_socket *internet_new(int family, int type, int protocol, uint32_t flags)
{
  struct internet_socket *internet = kernel_allocate_zeroed(sizeof(*internet));
  if (internet == NULL)
    return NULL;
  bool is_stream = type == SOCK_STREAM;
  socket_init(&internet->socket, is_stream ? &tcp_socket_operations : &datagram_socket_operations,
              family, type, protocol, flags);
  internet->options = defaults;
  if (is_stream)
  {
    internet->options.receive_bytes = TCP_WND;
    internet->options.send_bytes = TCP_SND_BUF;
  }
  ip_addr_set_any_val(family == AF_INET6, internet->local.address);
  ip_addr_set_any_val(family == AF_INET6, internet->peer.address);
  return internet;
}

int internet_type_of_address(const struct internet_socket *internet)
{
  if (internet->socket.family == AF_INET)
    return IPADDR_TYPE_V4;
  return internet->options.is_v6only || internet->socket.type == SOCK_RAW ? IPADDR_TYPE_V6
                                                                          : IPADDR_TYPE_ANY;
}

/* The protocol that is meant, or a negative errno. */
static int check(int type, int protocol)
{
  if (protocol < 0 || protocol >= IPPROTO_MAX)
    return -EINVAL;
  switch (type)
  {
  case SOCK_STREAM:
    return protocol == 0 || protocol == IPPROTO_TCP ? IPPROTO_TCP : -EPROTONOSUPPORT;
  case SOCK_DGRAM:
    return protocol == 0 || protocol == IPPROTO_UDP ? IPPROTO_UDP : -EPROTONOSUPPORT;
  case SOCK_RAW:
    return protocol != 0 ? protocol : -EPROTONOSUPPORT;
  default:
    return -ESOCKTNOSUPPORT;
  }
}

int internet_socket_create(int family, int type, int protocol, uint32_t flags, struct file **file)
{
  protocol = check(type, protocol);
  if (protocol < 0)
    return protocol;
  int error = net_start();
  if (error != 0)
    return error;
  struct internet_socket *internet = internet_new(family, type, protocol, flags);
  if (internet == NULL)
    return -ENOBUFS;
  net_lock();
  if (type == SOCK_STREAM)
    error = tcp_socket_make(internet);
  else
    error = datagram_socket_make(internet);
  if (error == 0)
    internet_changed(internet, 0);
  net_unlock();
  if (error != 0)
    kernel_free(internet, sizeof(*internet));
  else
    *file = &internet->socket.file;
  return error;
}
