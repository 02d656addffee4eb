/* Checks of addresses that lwIP leaves to who calls it. */
#include "net/address_check.h"

#include <errno.h>
#include <lwip/priv/tcp_priv.h>
#include <netinet/in.h>

int address_of_bind(const struct internet_socket *internet, const struct socket_name *name,
                    struct internet_address *address)
{
  int error = convert_from_name(address, internet->socket.family, name);
  if (error != 0)
    return error;
  if (internet->socket.family == AF_INET6)
  {
    if (internet->options.is_v6only && IP_IS_V4_VAL(address->address))
      return -EINVAL;
    if (ip_addr_isany(&address->address) && internet_type_of_address(internet) == IPADDR_TYPE_ANY)
      IP_SET_TYPE_VAL(address->address, IPADDR_TYPE_ANY);
  }
  return 0;
}

int address_of_peer(const struct internet_socket *internet, const struct socket_name *name,
                    struct internet_address *address)
{
  int error = convert_from_name(address, internet->socket.family, name);
  if (error != 0)
    return error;
  ip_addr_t *ip = &address->address;
  if (IP_IS_V4_VAL(*ip) && internet_type_of_address(internet) == IPADDR_TYPE_V6)
    return -ENETUNREACH;
  if (ip_addr_isany(ip) && IP_IS_V4_VAL(*ip))
    ip_addr_set_loopback(false, ip);
  else if (ip_addr_isany(ip))
    ip_addr_set_loopback(true, ip);
  return 0;
}

static bool is_own(const ip_addr_t *address)
{
  struct netif *netif;
  NETIF_FOREACH(netif)
  {
    if (IP_IS_V4_VAL(*address))
    {
      if (ip4_addr_cmp(ip_2_ip4(address), netif_ip4_addr(netif)))
        return true;
    }
    else if (netif_get_ip6_addr_match(netif, ip_2_ip6(address)) >= 0)
      return true;
  }
  return false;
}

/* A network's broadcast address, or that of all. */
static bool is_broadcast(const ip_addr_t *address)
{
  struct netif *netif;
  if (!IP_IS_V4_VAL(*address))
    return false;
  NETIF_FOREACH(netif)
  {
    if (ip4_addr_isbroadcast(ip_2_ip4(address), netif))
      return true;
  }
  return false;
}

int address_check_bind(const ip_addr_t *address, bool takes_groups)
{
  if (ip_addr_isany(address) || IP_IS_ANY_TYPE_VAL(*address) || ip_addr_isloopback(address) ||
      is_own(address))
    return 0;
  if (takes_groups && (ip_addr_ismulticast(address) || is_broadcast(address)))
    return 0;
  return -EADDRNOTAVAIL;
}

bool address_listens(const ip_addr_t *address, uint16_t port)
{
  if (port == 0)
    return false;
  for (const struct tcp_pcb_listen *pcb = tcp_listen_pcbs.listen_pcbs; pcb != NULL; pcb = pcb->next)
  {
    bool same_kind = IP_GET_TYPE(&pcb->local_ip) == IP_GET_TYPE(address) ||
                     IP_IS_ANY_TYPE_VAL(pcb->local_ip) || IP_IS_ANY_TYPE_VAL(*address);
    if (pcb->local_port == port && same_kind &&
        (ip_addr_isany_val(pcb->local_ip) || ip_addr_isany_val(*address) ||
         ip_addr_cmp(&pcb->local_ip, address)))
      return true;
  }
  return false;
}
