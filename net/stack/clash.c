/* Addresses that somebody else on the network has, too. Reported once for each interface. */
#include <stdio.h>
#include <string.h>

#include "lwip/opt.h"

#include "lwip/prot/etharp.h"
#include "lwip/prot/ethernet.h"

#include "net/stack/interface.h"

void net_clash_report(struct net_interface *interface, const char *address)
{
  char name[NET_INTERFACE_NAME_BYTES];
  if (interface->told_of_clash)
    return;
  interface->told_of_clash = true;
  net_interface_name(&interface->netif, name);
  fprintf(stderr, "uhyve: %s: another machine on the network has the address %s, too\n", name,
          address);
}

static void report_ipv4(struct net_interface *interface, const uint8_t *hardware)
{
  const uint8_t *ipv4 = (const uint8_t *) netif_ip4_addr(&interface->netif);
  char text[64];
  snprintf(text, sizeof(text), "%u.%u.%u.%u (it is %02x:%02x:%02x:%02x:%02x:%02x)", ipv4[0],
           ipv4[1], ipv4[2], ipv4[3], hardware[0], hardware[1], hardware[2], hardware[3],
           hardware[4], hardware[5]);
  net_clash_report(interface, text);
}

static void report_hardware(struct net_interface *interface, const uint8_t *hardware)
{
  char text[32];
  snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", hardware[0], hardware[1],
           hardware[2], hardware[3], hardware[4], hardware[5]);
  net_clash_report(interface, text);
}

void net_clash_look(struct net_interface *interface, const uint8_t *frame, uint32_t len_bytes)
{
  const struct eth_hdr *ethernet = (const struct eth_hdr *) frame;
  const uint8_t *own = interface->netif.hwaddr;
  if (len_bytes < SIZEOF_ETH_HDR || interface->told_of_clash)
    return;
  bool is_own = memcmp(&ethernet->src, own, ETH_HWADDR_LEN) == 0;
  if (ethernet->type != PP_HTONS(ETHTYPE_ARP) || len_bytes < SIZEOF_ETH_HDR + SIZEOF_ETHARP_HDR)
    return;
  const struct etharp_hdr *arp = (const struct etharp_hdr *) (frame + SIZEOF_ETH_HDR);
  if (is_own)
    report_hardware(interface, own);
  else if (!ip4_addr_isany(netif_ip4_addr(&interface->netif)) &&
           memcmp(&arp->sipaddr, netif_ip4_addr(&interface->netif), sizeof(ip4_addr_t)) == 0 &&
           memcmp(&arp->shwaddr, own, ETH_HWADDR_LEN) != 0)
    report_ipv4(interface, (const uint8_t *) &arp->shwaddr);
}
