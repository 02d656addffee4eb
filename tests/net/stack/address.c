/* Prints what the interfaces have become, at once and when standard input ends: until then others
 * may talk to it. */
#include "names.h"

#include <stdio.h>

#include "lwip/opt.h"

#include "lwip/dns.h"
#include "lwip/netif.h"

#include "net/stack/interface.h"
#include "net/stack/stack.h"

static void print(const struct netif *netif)
{
  char name[NET_INTERFACE_NAME_BYTES], text[64];
  net_interface_name(netif, name);
  printf("%s inet %s", name, ip4addr_ntoa_r(netif_ip4_addr(netif), text, sizeof(text)));
  printf(" mask %s", ip4addr_ntoa_r(netif_ip4_netmask(netif), text, sizeof(text)));
  printf(" gateway %s\n", ip4addr_ntoa_r(netif_ip4_gw(netif), text, sizeof(text)));
  for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
    if (!ip6_addr_isinvalid(netif_ip6_addr_state(netif, i)))
      printf("%s inet6 %s state %#x\n", name,
             ip6addr_ntoa_r(netif_ip6_addr(netif, i), text, sizeof(text)),
             netif_ip6_addr_state(netif, i));
}

static void print_all(void)
{
  char text[64];
  net_lock();
  for (const struct netif *netif = netif_list; netif != NULL; netif = netif->next)
    print(netif);
  printf("dns %s\n", ipaddr_ntoa_r(dns_getserver(0), text, sizeof(text)));
  net_unlock();
  fflush(stdout);
}

int main(void)
{
  if (net_start() != 0 || net_wait_configured(NET_ANY) != 0)
    return 1;
  print_all();
  while (getchar() != EOF)
    ;
  print_all();
  return 0;
}
