/* Interfaces come up, and are served. */
#include "net/stack/interface.h"

#include <stdio.h>
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/ethip6.h"
#include "lwip/igmp.h"
#include "lwip/mld6.h"
#include "lwip/snmp.h"

#include "mm/kernel_heap.h"
#include "net/stack/network_task.h"
#include "net/stack/stack.h"

/* Taken from each device before programs get a turn at the lock. */
#define SERVE_FRAMES 64u

struct net_interface *net_interfaces;

void net_interface_name(const struct netif *netif, char name[static NET_INTERFACE_NAME_BYTES])
{
  const struct net_interface *interface = netif->state;
  if (interface == NULL)
    strcpy(name, "lo");
  else
    snprintf(name, NET_INTERFACE_NAME_BYTES, "eth%u", interface->device->interface);
}

/* ---- What the device calls, on who serves it ---- */

/* lwIP may be in the middle of sending: it sees the frame later. */
static void received(void *context, struct net_received *frame)
{
  struct net_interface *interface = context;
  frame->next = NULL;
  if (interface->received.first == NULL)
    interface->received.first = frame;
  else
    interface->received.last->next = frame;
  interface->received.last = frame;
}

/* The same. What counts is the last change. */
static void link_changed(void *context, bool is_up)
{
  struct net_interface *interface = context;
  (void) is_up;
  interface->link_has_changed = true;
}

/* ---- Coming up ---- */

/* What lwIP need not compute. The checksum of the IP header is always its own. */
static void set_checksums(struct net_interface *interface)
{
  uint16_t computed = NETIF_CHECKSUM_ENABLE_ALL;
  if ((interface->device->features & NET_CHECKSUM_SEND) != 0)
    computed &= (uint16_t) ~(NETIF_CHECKSUM_GEN_TCP | NETIF_CHECKSUM_GEN_UDP);
  NETIF_SET_CHECKSUM_CTRL(&interface->netif, computed);
}

static err_t set_up(struct netif *netif)
{
  struct net_interface *interface = netif->state;
  netif->name[0] = 'e';
  netif->name[1] = 't';
  netif->hwaddr_len = ETH_HWADDR_LEN;
  memcpy(netif->hwaddr, interface->device->address, ETH_HWADDR_LEN);
  netif->mtu = interface->device->mtu_bytes;
  netif->mtu6 = interface->device->mtu_bytes;
  netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP |
                 NETIF_FLAG_MLD6;
  netif->output = etharp_output;
  netif->output_ip6 = ethip6_output;
  netif->linkoutput = net_interface_output;
  set_checksums(interface);
  return ERR_OK;
}

static void wake(void *context)
{
  (void) context;
  net_task_wake();
}

static bool start(struct net_interface *interface, struct net_device *device)
{
  interface->device = device;
  if (netif_add_noaddr(&interface->netif, interface, set_up, netif_input) == NULL)
    return false;
  const struct net_device_user user = {
      .received = received,
      .sent = net_interface_sent,
      .link_changed = link_changed,
      .wake = wake,
      .context = interface,
  };
  net_device_use(device, &user);
  if (device->is_up)
    netif_set_link_up(&interface->netif);
  return true;
}

struct net_interface *net_interfaces_start(void)
{
  struct net_interface **end = &net_interfaces;
  for (struct net_device *device = net_devices(); device != NULL; device = device->next)
  {
    struct net_interface *interface = kernel_allocate_zeroed(sizeof(*interface));
    if (interface == NULL)
      break;
    if (!start(interface, device))
    {
      kernel_free(interface, sizeof(*interface));
      break;
    }
    *end = interface;
    end = &interface->next;
  }
  return net_interfaces;
}

/* ---- Serving ---- */

static void see_to_link(struct net_interface *interface)
{
  if (!interface->link_has_changed)
    return;
  interface->link_has_changed = false;
  if (interface->device->is_up)
    netif_set_link_up(&interface->netif);
  else
    netif_set_link_down(&interface->netif);
}

static void input_all(struct net_interface *interface)
{
  struct net_received *frame = interface->received.first;
  interface->received.first = NULL;
  while (frame != NULL)
  {
    struct net_received *next = frame->next;
    net_interface_input(interface, frame);
    frame = next;
  }
}

bool net_interfaces_serve(void)
{
  bool any = false;
  for (struct net_interface *interface = net_interfaces; interface != NULL;
       interface = interface->next)
  {
    struct net_device *device = interface->device;
    if (device->operations->serve(device, SERVE_FRAMES) != 0)
      any = true;
    see_to_link(interface);
    net_interface_send_waiting(interface);
    while (interface->received.first != NULL)
      input_all(interface);
  }
  return any;
}

bool net_interfaces_have_received(void)
{
  for (const struct net_interface *interface = net_interfaces; interface != NULL;
       interface = interface->next)
    if (interface->received.first != NULL || interface->link_has_changed)
      return true;
  return false;
}

void net_interfaces_flush(void)
{
  for (struct net_interface *interface = net_interfaces; interface != NULL;
       interface = interface->next)
  {
    net_interface_send_merged(interface);
    if (!interface->must_flush)
      continue;
    interface->must_flush = false;
    interface->device->operations->flush(interface->device);
  }
}

bool net_interfaces_expect(void)
{
  bool any = false;
  for (struct net_interface *interface = net_interfaces; interface != NULL;
       interface = interface->next)
    any = interface->device->operations->expect(interface->device) || any;
  return any;
}
