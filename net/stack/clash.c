/* Addresses that somebody else on the network has, too. Reported once for each interface.
 *
 * It is noted with the core locked, and written by a task of its own: who reads the stream may take
 * his time, and the program's standard error may be a socket, or locked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lwip/opt.h"

#include "lwip/prot/etharp.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/iana.h"
#include "netif/ethernet.h"

#include "net/stack/interface.h"
#include "posix/stream_io.h"
#include "sched/task.h"

#define STREAM_ERROR 2
#define REPORT_BYTES 160
#define STACK_BYTES  (32ul << 10)

static void *write_report(void *report)
{
  const char *text = report;
  size_t len_bytes = strlen(text);
  long written = 1;
  for (size_t done = 0; done < len_bytes && written > 0; done += (size_t) written)
    written = stream_write(STREAM_ERROR, text + done, len_bytes - done, true);
  free(report);
  return NULL;
}

void net_clash_report(struct net_interface *interface, const char *address, const uint8_t *owner)
{
  char name[NET_INTERFACE_NAME_BYTES], text[32] = "";
  struct task *task;
  struct task_attributes attributes = TASK_ATTRIBUTES_DEFAULT;
  if (interface->told_of_clash)
    return;
  interface->told_of_clash = true;
  char *report = malloc(REPORT_BYTES);
  if (report == NULL)
    return;
  net_interface_name(&interface->netif, name);
  if (owner != NULL)
    snprintf(text, sizeof(text), ": %02x:%02x:%02x:%02x:%02x:%02x", owner[0], owner[1], owner[2],
             owner[3], owner[4], owner[5]);
  snprintf(report, REPORT_BYTES,
           "uhyve: %s: another machine on the network has the address %s, too%s\n", name, address,
           text);
  attributes.name = "report";
  attributes.detached = true;
  attributes.stack_bytes = STACK_BYTES;
  if (task_create(&task, write_report, report, &attributes) != 0)
    free(report);
}

static void report_ipv4(struct net_interface *interface, const uint8_t *owner)
{
  char text[IP4ADDR_STRLEN_MAX];
  ip4addr_ntoa_r(netif_ip4_addr(&interface->netif), text, sizeof(text));
  net_clash_report(interface, text, owner);
}

static void report_hardware(struct net_interface *interface)
{
  const uint8_t *own = interface->netif.hwaddr;
  char text[32];
  snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", own[0], own[1], own[2], own[3],
           own[4], own[5]);
  net_clash_report(interface, text, NULL);
}

static bool is_our_ipv4(const struct netif *netif, const void *address)
{
  return !ip4_addr_isany(netif_ip4_addr(netif)) &&
         memcmp(address, netif_ip4_addr(netif), sizeof(ip4_addr_t)) == 0;
}

void net_clash_look(struct net_interface *interface, const uint8_t *frame, uint32_t len_bytes)
{
  const struct eth_hdr *ethernet = (const struct eth_hdr *) frame;
  const uint8_t *own = interface->netif.hwaddr;
  if (interface->told_of_clash || len_bytes < SIZEOF_ETH_HDR)
    return;
  if (memcmp(&ethernet->src, own, ETH_HWADDR_LEN) == 0)
    report_hardware(interface);
  if (ethernet->type != PP_HTONS(ETHTYPE_ARP) || len_bytes < SIZEOF_ETH_HDR + SIZEOF_ETHARP_HDR)
    return;
  const struct etharp_hdr *arp = (const struct etharp_hdr *) (frame + SIZEOF_ETH_HDR);
  if (is_our_ipv4(&interface->netif, &arp->sipaddr) &&
      memcmp(&arp->shwaddr, own, ETH_HWADDR_LEN) != 0)
    report_ipv4(interface, (const uint8_t *) &arp->shwaddr);
}

/* RFC 5227: asks who has it, without saying that we do, for then Linux would not answer. */
void net_clash_probe(struct net_interface *interface)
{
  struct netif *netif = &interface->netif;
  if (ip4_addr_isany(netif_ip4_addr(netif)) || !netif_is_link_up(netif))
    return;
  struct pbuf *packet = pbuf_alloc(PBUF_LINK, SIZEOF_ETHARP_HDR, PBUF_RAM);
  if (packet == NULL)
    return;
  struct etharp_hdr *arp = packet->payload;
  memset(arp, 0, SIZEOF_ETHARP_HDR);
  arp->hwtype = PP_HTONS(LWIP_IANA_HWTYPE_ETHERNET);
  arp->proto = PP_HTONS(ETHTYPE_IP);
  arp->hwlen = ETH_HWADDR_LEN;
  arp->protolen = sizeof(ip4_addr_t);
  arp->opcode = PP_HTONS(ARP_REQUEST);
  memcpy(&arp->shwaddr, netif->hwaddr, ETH_HWADDR_LEN);
  memcpy(&arp->dipaddr, netif_ip4_addr(netif), sizeof(ip4_addr_t));
  ethernet_output(netif, packet, (const struct eth_addr *) netif->hwaddr, &ethbroadcast,
                  ETHTYPE_ARP);
  pbuf_free(packet);
}
