/* address SECONDS: prints what the interfaces have become, and stays for others to talk to. */
#include "names.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "lwip/opt.h"

#include "lwip/dns.h"
#include "lwip/netif.h"

#include "net/stack/interface.h"
#include "net/stack/stack.h"

static double now(void)
{
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

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

int main(int argc, char **argv)
{
  char text[64];
  double begin = now();
  int error = net_start();
  if (error == 0)
    error = net_wait_configured();
  fprintf(stderr, "configured after %.1f ms: %d\n", 1e3 * (now() - begin), error);
  for (int i = 1; i < argc; i++)
  {
    sleep((unsigned int) atoi(argv[i]));
    net_lock();
    for (const struct netif *netif = netif_list; netif != NULL; netif = netif->next)
      print(netif);
    printf("dns %s\n", ipaddr_ntoa_r(dns_getserver(0), text, sizeof(text)));
    net_unlock();
    fflush(stdout);
  }
  return error == 0 ? 0 : 1;
}
