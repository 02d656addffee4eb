/* Network interfaces, described in Linux's terms. */
#include "net/interfaces.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "net/convert.h"

#include <lwip/dns.h>

#include "net/stack/interface.h"

static bool is_loopback(const struct netif *netif)
{
  return netif->name[0] == 'l' && netif->name[1] == 'o';
}

struct netif *interface_find(const char *name)
{
  struct netif *netif;
  NETIF_FOREACH(netif)
  {
    char own[INTERFACE_NAME_BYTES];
    net_interface_name(netif, own);
    if (strncmp(own, name, INTERFACE_NAME_BYTES) == 0)
      return netif;
  }
  return NULL;
}

static uint32_t flags_of(const struct netif *netif)
{
  uint32_t flags = 0;
  if (netif_is_up(netif))
    flags |= IFF_UP;
  if (netif_is_up(netif) && netif_is_link_up(netif))
    flags |= IFF_RUNNING;
  if (is_loopback(netif))
    return flags | IFF_LOOPBACK | IFF_RUNNING;
  return flags | IFF_BROADCAST | IFF_MULTICAST;
}

static void add_ipv4(const struct netif *netif, struct interface_facts *facts)
{
  struct interface_address *entry = &facts->addresses[facts->address_count];
  ip_addr_t broadcast;
  if (ip4_addr_isany(netif_ip4_addr(netif)))
    return;
  convert_to_name(&entry->address, AF_INET, netif_ip_addr4(netif), 0);
  convert_to_name(&entry->mask, AF_INET, netif_ip_netmask4(netif), 0);
  convert_from_ipv4(&broadcast, ip4_addr_get_u32(netif_ip4_addr(netif)) |
                                    ~ip4_addr_get_u32(netif_ip4_netmask(netif)));
  entry->broadcast.len_bytes = 0;
  if (!is_loopback(netif))
    convert_to_name(&entry->broadcast, AF_INET, &broadcast, 0);
  facts->address_count++;
}

static void add_ipv6(const struct netif *netif, int index, struct interface_facts *facts)
{
  struct interface_address *entry = &facts->addresses[facts->address_count];
  static const uint32_t whole[] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
  static const uint32_t half[] = {UINT32_MAX, UINT32_MAX, 0, 0};
  ip_addr_t mask;
  if (!ip6_addr_isvalid(netif_ip6_addr_state(netif, index)) ||
      facts->address_count == INTERFACE_MOST_ADDRESSES)
    return;
  convert_to_name(&entry->address, AF_INET6, netif_ip_addr6(netif, index), 0);
  convert_from_ipv6(&mask, is_loopback(netif) ? whole : half);
  convert_to_name(&entry->mask, AF_INET6, &mask, 0);
  entry->broadcast.len_bytes = 0;
  facts->address_count++;
}

void interface_describe(const struct netif *netif, struct interface_facts *facts)
{
  memset(facts, 0, sizeof(*facts));
  net_interface_name(netif, facts->name);
  facts->index = netif_get_index(netif);
  facts->flags = flags_of(netif);
  facts->mtu_bytes = netif->mtu;
  facts->is_loopback = is_loopback(netif);
  if (netif->hwaddr_len == INTERFACE_HARDWARE_BYTES)
    memcpy(facts->hardware, netif->hwaddr, INTERFACE_HARDWARE_BYTES);
  add_ipv4(netif, facts);
  for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
    add_ipv6(netif, i, facts);
}

/* lwIP has the newest first. */
static void sort(struct interface_facts *facts, int count)
{
  for (int i = 1; i < count; i++)
    for (int j = i; j > 0 && facts[j].index < facts[j - 1].index; j--)
    {
      struct interface_facts other = facts[j];
      facts[j] = facts[j - 1];
      facts[j - 1] = other;
    }
}

int interfaces_get(struct interface_facts *facts, int most)
{
  struct netif *netif;
  int count = 0;
  int error = net_start();
  if (error != 0)
    return error;
  net_lock();
  NETIF_FOREACH(netif)
  {
    if (count < most)
      interface_describe(netif, &facts[count]);
    count++;
  }
  net_unlock();
  sort(facts, count < most ? count : most);
  return count;
}

int interfaces_name_servers(struct socket_name *servers, int most)
{
  int count = 0;
  int error = net_start();
  if (error != 0)
    return error;
  if (net_wait_configured(NET_ANY) == -EINTR)
    return -EINTR;
  net_lock();
  for (u8_t i = 0; i < DNS_MAX_SERVERS && count < most; i++)
  {
    const ip_addr_t *server = dns_getserver(i);
    if (!ip_addr_isany(server))
      convert_to_name(&servers[count++], IP_IS_V6(server) ? AF_INET6 : AF_INET, server, 53);
  }
  net_unlock();
  return count;
}
