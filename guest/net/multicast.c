/* Multicast: memberships of sockets, and options of what they send. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "mm/kernel_heap.h"
#include "net/internet.h"
#include "net/option_values.h"

#include <lwip/igmp.h>
#include <lwip/mld6.h>

struct internet_membership
{
  struct internet_membership *next;
  ip_addr_t group;
  uint8_t interface; /* index */
};

/* ---- Memberships ---- */

/* The interface that is meant; nothing said: the one towards the group, or any that can. */
static struct netif *choose(const ip_addr_t *group, uint32_t index, uint32_t address)
{
  struct netif *netif;
  if (index != 0)
    return index <= UINT8_MAX ? netif_get_by_index((u8_t) index) : NULL;
  if (address != 0)
  {
    NETIF_FOREACH(netif)
    {
      if (ip4_addr_get_u32(netif_ip4_addr(netif)) == address)
        return netif;
    }
    return NULL;
  }
  netif = ip_route(IP46_ADDR_ANY(IP_GET_TYPE(group)), group);
  return netif != NULL ? netif : netif_default;
}

static err_t join_group(struct netif *netif, const ip_addr_t *group)
{
  return IP_IS_V6(group) ? mld6_joingroup_netif(netif, ip_2_ip6(group))
                         : igmp_joingroup_netif(netif, ip_2_ip4(group));
}

static void leave_group(const struct internet_membership *membership)
{
  struct netif *netif = netif_get_by_index(membership->interface);
  if (netif == NULL)
    return;
  if (IP_IS_V6_VAL(membership->group))
    mld6_leavegroup_netif(netif, ip_2_ip6(&membership->group));
  else
    igmp_leavegroup_netif(netif, ip_2_ip4(&membership->group));
}

static struct internet_membership **find(struct internet_socket *internet, const ip_addr_t *group,
                                         uint8_t interface)
{
  struct internet_membership **link = &internet->memberships;
  while (*link != NULL &&
         ((*link)->interface != interface || !ip_addr_cmp_zoneless(&(*link)->group, group)))
    link = &(*link)->next;
  return link;
}

static int change(struct internet_socket *internet, bool joins, ip_addr_t *group, uint32_t index,
                  uint32_t address)
{
  if (!ip_addr_ismulticast(group))
    return -EINVAL;
  struct netif *netif = choose(group, index, address);
  if (netif == NULL)
    return -ENODEV;
  if (IP_IS_V6(group))
    ip6_addr_assign_zone(ip_2_ip6(group), IP6_MULTICAST, netif);
  struct internet_membership **link = find(internet, group, netif_get_index(netif));
  struct internet_membership *membership = *link;
  if (!joins)
  {
    if (membership == NULL)
      return -EADDRNOTAVAIL;
    *link = membership->next;
    leave_group(membership);
    kernel_free(membership, sizeof(*membership));
    return 0;
  }
  if (membership != NULL)
    return -EADDRINUSE;
  membership = kernel_allocate_zeroed(sizeof(*membership));
  if (membership == NULL)
    return -ENOBUFS;
  if (join_group(netif, group) != ERR_OK)
  {
    kernel_free(membership, sizeof(*membership));
    return -ENODEV;
  }
  ip_addr_copy(membership->group, *group);
  membership->interface = netif_get_index(netif);
  membership->next = internet->memberships;
  internet->memberships = membership;
  return 0;
}

void multicast_leave_all(struct internet_socket *internet)
{
  while (internet->memberships != NULL)
  {
    struct internet_membership *membership = internet->memberships;
    internet->memberships = membership->next;
    leave_group(membership);
    kernel_free(membership, sizeof(*membership));
  }
}

static int change_ipv4(struct internet_socket *internet, bool joins, const void *value,
                       uint32_t len_bytes)
{
  struct ip_mreqn request = {.imr_ifindex = 0};
  ip_addr_t group;
  if (len_bytes < sizeof(struct ip_mreq))
    return -EINVAL;
  memcpy(&request, value, len_bytes < sizeof(request) ? sizeof(struct ip_mreq) : sizeof(request));
  convert_from_ipv4(&group, request.imr_multiaddr.s_addr);
  return change(internet, joins, &group, (uint32_t) request.imr_ifindex,
                request.imr_address.s_addr);
}

static int change_ipv6(struct internet_socket *internet, bool joins, const void *value,
                       uint32_t len_bytes)
{
  struct ipv6_mreq request;
  ip_addr_t group;
  if (len_bytes < sizeof(request))
    return -EINVAL;
  memcpy(&request, value, sizeof(request));
  convert_from_ipv6(&group, request.ipv6mr_multiaddr.s6_addr32);
  return change(internet, joins, &group, request.ipv6mr_interface, 0);
}

/* ---- What is sent ---- */

static int set_interface(struct internet_socket *internet, uint32_t index, uint32_t address)
{
  struct udp_pcb *pcb = internet->udp;
  ip4_addr_t ipv4;
  ip4_addr_set_u32(&ipv4, address);
  if (index != 0 && (index > UINT8_MAX || netif_get_by_index((u8_t) index) == NULL))
    return -ENODEV;
  udp_set_multicast_netif_index(pcb, (u8_t) index);
  udp_set_multicast_netif_addr(pcb, &ipv4);
  return 0;
}

static int set_interface_ipv4(struct internet_socket *internet, const void *value,
                              uint32_t len_bytes)
{
  struct ip_mreqn request = {.imr_ifindex = 0};
  if (len_bytes < sizeof(struct in_addr))
    return -EINVAL;
  if (len_bytes < sizeof(struct ip_mreq))
    memcpy(&request.imr_address, value, sizeof(struct in_addr));
  else
    memcpy(&request, value, len_bytes < sizeof(request) ? sizeof(struct ip_mreq) : sizeof(request));
  return set_interface(internet, (uint32_t) request.imr_ifindex, request.imr_address.s_addr);
}

static int set_ipv4(struct internet_socket *internet, int option, const void *value,
                    uint32_t len_bytes)
{
  int number = 0;
  bool is_number = option_get_number(&number, IPPROTO_IP, value, len_bytes);
  switch (option)
  {
  case IP_ADD_MEMBERSHIP:
  case IP_DROP_MEMBERSHIP:
    return change_ipv4(internet, option == IP_ADD_MEMBERSHIP, value, len_bytes);
  case IP_MULTICAST_IF:
    return internet->socket.type == SOCK_DGRAM ? set_interface_ipv4(internet, value, len_bytes)
                                               : -ENOPROTOOPT;
  case IP_MULTICAST_TTL:
    return is_number ? option_set_byte(&internet->options.multicast_ttl, number, 0, 1) : -EINVAL;
  case IP_MULTICAST_LOOP:
    if (!is_number)
      return -EINVAL;
    internet->options.is_multicast_loop = number != 0;
    return 0;
  default:
    return -ENOPROTOOPT;
  }
}

static int set_ipv6(struct internet_socket *internet, int option, const void *value,
                    uint32_t len_bytes)
{
  int number = 0;
  bool is_number = option_get_number(&number, IPPROTO_IPV6, value, len_bytes);
  switch (option)
  {
  case IPV6_JOIN_GROUP:
  case IPV6_LEAVE_GROUP:
    return change_ipv6(internet, option == IPV6_JOIN_GROUP, value, len_bytes);
  case IPV6_MULTICAST_IF:
    if (internet->socket.type != SOCK_DGRAM)
      return -ENOPROTOOPT;
    return is_number ? set_interface(internet, (uint32_t) number, 0) : -EINVAL;
  case IPV6_MULTICAST_HOPS:
    return is_number ? option_set_byte(&internet->options.multicast_ttl, number, 0, 1) : -EINVAL;
  case IPV6_MULTICAST_LOOP:
    if (!is_number)
      return -EINVAL;
    internet->options.is_multicast_loop = number != 0;
    return 0;
  default:
    return -ENOPROTOOPT;
  }
}

int multicast_set(struct internet_socket *internet, int level, int option, const void *value,
                  uint32_t len_bytes)
{
  if (internet_is_stream(internet))
    return -ENOPROTOOPT;
  if (level == IPPROTO_IP)
    return set_ipv4(internet, option, value, len_bytes);
  if (level == IPPROTO_IPV6 && internet->socket.family == AF_INET6)
    return set_ipv6(internet, option, value, len_bytes);
  return -ENOPROTOOPT;
}
