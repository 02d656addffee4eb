/* Addresses: those of the start information, DHCP, IPv6 by autoconfiguration. */
#include "net/stack/configuration.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/ip6_addr.h"
#include "lwip/nd6.h"

#include "net/stack/bare_address.h"
#include "net/stack/interface.h"
#include "net/stack/stack.h"
#include "sched/futex.h"
#include "signal/hold.h"
#include "start_info.h"
#include "time/clock.h"

#define DHCP_PATIENCE_NS 10000000000ull

/* Changes with each address that comes or goes; a futex. */
static uint32_t changes;

/* Nobody has answered for that long: who asks again does not wait again. */
static bool gave_up;

/* When the network began. */
static uint64_t begin_ns;

static ip6_addr_t gateways[UHYVE_MOST_INTERFACES]; /* IPv6, by device */

static const struct uhyve_interface *options_of(const struct net_interface *interface)
{
  static const struct uhyve_interface none;
  /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
  const struct uhyve_interface *all = (const struct uhyve_interface *) start_info->interfaces_gva;
  uint32_t index = interface->device->interface;
  return index < start_info->interface_count ? &all[index] : &none;
}

static bool is_zero(const uint8_t *bytes, size_t len_bytes)
{
  for (size_t i = 0; i < len_bytes; i++)
    if (bytes[i] != 0)
      return false;
  return true;
}

static ip4_addr_t ipv4_of(const uint8_t bytes[static 4])
{
  ip4_addr_t address;
  memcpy(&address.addr, bytes, sizeof(address.addr));
  return address;
}

static ip4_addr_t ipv4_mask(uint32_t prefix)
{
  uint32_t bits = prefix == 0 ? 0 : prefix >= 32 ? UINT32_MAX : ~(UINT32_MAX >> prefix);
  ip4_addr_t mask;
  ip4_addr_set_u32(&mask, lwip_htonl(bits));
  return mask;
}

/* ---- What lwIP tells ---- */

static void tell_changed(void)
{
  __atomic_add_fetch(&changes, 1, __ATOMIC_SEQ_CST);
  futex_wake(&changes, INT32_MAX);
}

static void look_for_duplicate(struct netif *netif, unsigned int index)
{
  char text[IP6ADDR_STRLEN_MAX];
  if (netif->state == NULL || netif_ip6_addr_state(netif, index) != IP6_ADDR_DUPLICATED)
    return;
  ip6addr_ntoa_r(netif_ip6_addr(netif, index), text, sizeof(text));
  net_clash_report(netif->state, text, NULL);
}

static void status_changed(struct netif *netif, netif_nsc_reason_t reason,
                           const netif_ext_callback_args_t *arguments)
{
  if ((reason & LWIP_NSC_IPV6_ADDR_STATE_CHANGED) != 0)
    look_for_duplicate(netif, (unsigned int) arguments->ipv6_addr_state_changed.addr_index);
  if ((reason & LWIP_NSC_IPV4_ADDRESS_CHANGED) != 0 && netif->state != NULL)
    net_clash_probe(netif->state);
  tell_changed();
}

/* ---- Beginning ---- */

static void set_ipv4(struct net_interface *interface, const struct uhyve_interface *options)
{
  struct netif *netif = &interface->netif;
  if ((options->flags & UHYVE_INTERFACE_STATIC) == 0)
  {
    dhcp_start(netif);
    return;
  }
  ip4_addr_t address = ipv4_of(options->ipv4);
  ip4_addr_t mask = ipv4_mask(options->ipv4_prefix);
  ip4_addr_t gateway = ipv4_of(options->ipv4_gateway);
  netif_set_addr(netif, &address, &mask, &gateway);
}

static void set_ipv6(struct net_interface *interface, const struct uhyve_interface *options)
{
  struct netif *netif = &interface->netif;
  netif_create_ip6_linklocal_address(netif, 1);
  netif_set_ip6_autoconfig_enabled(netif, 1);
  if (!is_zero(options->ipv6_gateway, sizeof(options->ipv6_gateway)))
  {
    ip6_addr_t *gateway = &gateways[interface->device->interface];
    memcpy(gateway->addr, options->ipv6_gateway, sizeof(options->ipv6_gateway));
    ip6_addr_assign_zone(gateway, IP6_UNICAST, netif);
  }
  if (is_zero(options->ipv6, sizeof(options->ipv6)))
    return;
  ip6_addr_t address;
  s8_t index;
  memset(&address, 0, sizeof(address));
  memcpy(address.addr, options->ipv6, sizeof(options->ipv6));
  ip6_addr_assign_zone(&address, IP6_UNICAST, netif);
  if (netif_add_ip6_address(netif, &address, &index) == ERR_OK)
  {
    netif_ip6_addr_set_valid_life(netif, index, IP6_ADDR_LIFE_STATIC);
    netif_ip6_addr_set_pref_life(netif, index, IP6_ADDR_LIFE_STATIC);
  }
}

const ip6_addr_t *net_ipv6_gateway(struct netif *netif)
{
  const struct net_interface *interface = netif->state;
  if (interface == NULL || ip6_addr_isany(&gateways[interface->device->interface]))
    return NULL;
  return &gateways[interface->device->interface];
}

static void begin(struct net_interface *interface)
{
  struct netif *netif = &interface->netif;
  struct uhyve_interface options = *options_of(interface);
  if (start_info->is_bare != 0 && interface == net_interfaces)
    net_bare_address(&options);
  /* NOLINTNEXTLINE(performance-no-int-to-ptr) */
  netif_set_hostname(netif, (const char *) start_info->host_name_gva);
  netif_set_up(netif);
  set_ipv6(interface, &options);
  set_ipv4(interface, &options);
  if (netif_default == NULL)
    netif_set_default(netif);
}

int net_configuration_start(void)
{
  static netif_ext_callback_t status_callback;
  begin_ns = clock_monotonic_ns();
  net_lock();
  netif_add_ext_callback(&status_callback, status_changed);
  for (struct net_interface *interface = net_interfaces_start(); interface != NULL;
       interface = interface->next)
    begin(interface);
  /* Who else has our addresses is asked now, not a tick later. */
  nd6_tmr();
  net_unlock();
  return 0;
}

/* ---- Waiting for addresses ---- */

/* Routers are asked after 1, 5 and 9 seconds, and have one to answer (RFC 4861, 6.3.7). An address
 * that is made of what they say is good when nobody claims it, two of lwIP's seconds later. */
#define ROUTER_PATIENCE_NS 10000000000ull
#define CLAIM_PATIENCE_NS  2500000000ull

static bool has_address(const struct netif *netif, enum net_family family)
{
  if (family != NET_IPV6 && !ip4_addr_isany(netif_ip4_addr(netif)))
    return true;
  for (unsigned int i = 1; family != NET_IPV4 && i < LWIP_IPV6_NUM_ADDRESSES; i++)
    if (ip6_addr_ispreferred(netif_ip6_addr_state(netif, i)))
      return true;
  return false;
}

bool net_lacks_address(enum net_family family)
{
  for (const struct net_interface *interface = net_interfaces; interface != NULL;
       interface = interface->next)
    if (has_address(&interface->netif, family))
      return false;
  return net_interfaces != NULL;
}

static bool is_configured(enum net_family family)
{
  net_lock();
  bool configured = !net_lacks_address(family);
  net_unlock();
  return configured;
}

static bool is_asking_for_claims(void)
{
  bool asking = false;
  net_lock();
  for (const struct net_interface *interface = net_interfaces; interface != NULL;
       interface = interface->next)
    for (unsigned int i = 1; i < LWIP_IPV6_NUM_ADDRESSES; i++)
      asking |= ip6_addr_istentative(netif_ip6_addr_state(&interface->netif, i)) != 0;
  net_unlock();
  return asking;
}

static int wait_for_ipv6(void)
{
  for (;;)
  {
    uint32_t seen = __atomic_load_n(&changes, __ATOMIC_SEQ_CST);
    if (is_configured(NET_IPV6))
      return 0;
    uint64_t patience_ns = ROUTER_PATIENCE_NS + (is_asking_for_claims() ? CLAIM_PATIENCE_NS : 0);
    int error = signal_hold_wait(&changes, seen, begin_ns + patience_ns);
    if (error == -ETIMEDOUT)
      return -ENETUNREACH;
    if (error == -EINTR)
      return error;
  }
}

int net_wait_configured(enum net_family family)
{
  uint64_t deadline_ns = clock_monotonic_ns() + DHCP_PATIENCE_NS;
  if (net_interfaces == NULL)
    return -ENETUNREACH;
  if (family == NET_IPV6)
    return wait_for_ipv6();
  for (;;)
  {
    uint32_t seen = __atomic_load_n(&changes, __ATOMIC_SEQ_CST);
    if (is_configured(family))
      return 0;
    if (__atomic_load_n(&gave_up, __ATOMIC_RELAXED))
      return -ENETUNREACH;
    int error = signal_hold_wait(&changes, seen, deadline_ns);
    if (error == -ETIMEDOUT)
      __atomic_store_n(&gave_up, true, __ATOMIC_RELAXED);
    else if (error == -EINTR)
      return error;
  }
}
