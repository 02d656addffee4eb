/* lwIP's cyclic timers, without a tick where none is needed.
 *
 * lwIP counts in ticks of each of its modules. While something happens the timers run; when nothing
 * has for a tick of TCP, each module is asked in how many of its ticks it has something to do, and
 * the clock rests until then. What has been counted too little is made up for before anything new
 * is done. */
#include "net/stack/stack_timers.h"

#include "lwip/opt.h"

#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/igmp.h"
#include "lwip/ip4_frag.h"
#include "lwip/ip6_frag.h"
#include "lwip/mld6.h"
#include "lwip/nd6.h"
#include "lwip/priv/nd6_priv.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/timeouts.h"

#include "time/clock.h"

#define NS_PER_MS 1000000ull
#define NEVER     UINT32_MAX
#define DAY_S     86400u /* ticks of a second that are made up for */

struct cyclic_timer
{
  uint32_t interval_ms;
  void (*tick)(void);
  uint32_t (*needed)(void); /* in how many ticks it has something to do */
  uint32_t most;            /* ticks that are made up for */
  uint64_t last_ns;         /* that it has been told of */
};

bool net_timers_rest;
static uint64_t next_ns = NET_TIMERS_NEVER;

static uint32_t least(uint32_t a, uint32_t b)
{
  return a < b ? a : b;
}

/* ---- TCP ---- */

/* Fast ticks until this many slow ones have gone since the connection was last heard of. */
static uint32_t tcp_ticks_until(const struct tcp_pcb *pcb, uint32_t since_ms)
{
  uint32_t gone = tcp_ticks - pcb->tmr;
  uint32_t wanted = since_ms / TCP_SLOW_INTERVAL + 1;
  return gone < wanted ? 2 * (wanted - gone) : 1;
}

static uint32_t connection_needs(const struct tcp_pcb *pcb)
{
  const tcpflags_t timed = TF_ACK_DELAY | TF_ACK_NOW | TF_CLOSEPEND | TF_NAGLEMEMERR;
  if (pcb->unacked != NULL || pcb->unsent != NULL || pcb->refused_data != NULL ||
      pcb->ooseq != NULL || pcb->persist_backoff != 0 || (pcb->flags & timed) != 0)
    return 1;
  if (pcb->state == FIN_WAIT_2)
    return (pcb->flags & TF_RXCLOSED) != 0 ? tcp_ticks_until(pcb, TCP_FIN_WAIT_TIMEOUT) : NEVER;
  if (pcb->state != ESTABLISHED && pcb->state != CLOSE_WAIT)
    return 1;
  if (ip_get_option(pcb, SOF_KEEPALIVE))
    return tcp_ticks_until(pcb, pcb->keep_idle + pcb->keep_cnt_sent * pcb->keep_intvl);
  return NEVER;
}

static uint32_t tcp_needs(void)
{
  /* Who is here in time wait now has gone by then. */
  uint32_t needs = tcp_tw_pcbs != NULL ? 2 * (2 * TCP_MSL / TCP_SLOW_INTERVAL + 2) : NEVER;
  for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL && needs > 1; pcb = pcb->next)
    needs = least(needs, connection_needs(pcb));
  return needs;
}

/* Called when a connection begins, within a locked section: the clock does not rest. */
void tcp_timer_needed(void)
{
}

/* ---- The others ---- */

static uint32_t reassembly_needs(void)
{
  return ip_reass_is_pending() ? 1 : NEVER;
}

static uint32_t reassembly6_needs(void)
{
  return ip6_reass_is_pending() ? 1 : NEVER;
}

/* The age of other entries is made up for when somebody may use them. */
static uint32_t arp_needs(void)
{
  return etharp_is_pending() ? 1 : NEVER;
}

static uint32_t dhcp_coarse_needs(void)
{
  uint32_t needs = NEVER;
  struct netif *netif;
  NETIF_FOREACH(netif)
  {
    const struct dhcp *dhcp = netif_dhcp_data(netif);
    if (dhcp == NULL || dhcp->state == 0)
      continue;
    if (dhcp->t0_timeout > dhcp->lease_used)
      needs = least(needs, dhcp->t0_timeout - dhcp->lease_used);
    if (dhcp->t1_renew_time != 0)
      needs = least(needs, dhcp->t1_renew_time);
    if (dhcp->t2_rebind_time != 0)
      needs = least(needs, dhcp->t2_rebind_time);
  }
  return needs;
}

static uint32_t dhcp_fine_needs(void)
{
  uint32_t needs = NEVER;
  struct netif *netif;
  NETIF_FOREACH(netif)
  {
    const struct dhcp *dhcp = netif_dhcp_data(netif);
    if (dhcp != NULL && dhcp->request_timeout != 0)
      needs = least(needs, dhcp->request_timeout);
  }
  return needs;
}

static uint32_t igmp_needs(void)
{
  uint32_t needs = NEVER;
  struct netif *netif;
  NETIF_FOREACH(netif)
  {
    for (const struct igmp_group *group = netif_igmp_data(netif); group != NULL;
         group = group->next)
      if (group->timer != 0)
        needs = least(needs, group->timer);
  }
  return needs;
}

static uint32_t mld_needs(void)
{
  uint32_t needs = NEVER;
  struct netif *netif;
  NETIF_FOREACH(netif)
  {
    for (const struct mld_group *group = netif_mld6_data(netif); group != NULL; group = group->next)
      if (group->timer != 0)
        needs = least(needs, group->timer);
  }
  return needs;
}

/* Lifetimes of routers, prefixes and addresses are made up for. */
static uint32_t nd6_needs(void)
{
  struct netif *netif;
  NETIF_FOREACH(netif)
  {
    if (netif->rs_count != 0 && netif_is_up(netif) && netif_is_link_up(netif) &&
        ip6_addr_isvalid(netif_ip6_addr_state(netif, 0)))
      return 1;
    for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++)
      if (ip6_addr_istentative(netif_ip6_addr_state(netif, i)))
        return 1;
  }
  for (int i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++)
  {
    unsigned int state = neighbor_cache[i].state;
    if (state == ND6_INCOMPLETE || state == ND6_DELAY || state == ND6_PROBE)
      return 1;
  }
  return NEVER;
}

/* ---- The clock ---- */

static struct cyclic_timer timers[] = {
    {TCP_TMR_INTERVAL, tcp_tmr, tcp_needs, 2, 0},
    {IP_TMR_INTERVAL, ip_reass_tmr, reassembly_needs, IP_REASS_MAXAGE + 1, 0},
    {IP6_REASS_TMR_INTERVAL, ip6_reass_tmr, reassembly6_needs, IPV6_REASS_MAXAGE + 1, 0},
    {ARP_TMR_INTERVAL, etharp_tmr, arp_needs, ARP_MAXAGE + 1, 0},
    {DHCP_COARSE_TIMER_MSECS, dhcp_coarse_tmr, dhcp_coarse_needs, UINT32_MAX, 0},
    {DHCP_FINE_TIMER_MSECS, dhcp_fine_tmr, dhcp_fine_needs, UINT16_MAX, 0},
    {IGMP_TMR_INTERVAL, igmp_tmr, igmp_needs, UINT16_MAX, 0},
    {MLD6_TMR_INTERVAL, mld6_tmr, mld_needs, UINT16_MAX, 0},
    {ND6_TMR_INTERVAL, nd6_tmr, nd6_needs, DAY_S, 0},
};

static void timer_run(struct cyclic_timer *timer, uint64_t now_ns)
{
  uint64_t interval_ns = timer->interval_ms * NS_PER_MS;
  uint64_t ticks = (now_ns - timer->last_ns) / interval_ns;
  timer->last_ns += ticks * interval_ns;
  if (timer->tick == tcp_tmr && ticks > timer->most)
  {
    /* Its connections count from points in time, each other tick being one. */
    tcp_ticks += (uint32_t) ((ticks - timer->most) / 2);
  }
  for (uint64_t tick = 0; tick < ticks && tick < timer->most; tick++)
    timer->tick();
}

static void catch_up(uint64_t now_ns)
{
  for (size_t i = 0; i < LWIP_ARRAYSIZE(timers); i++)
    timer_run(&timers[i], now_ns);
}

static uint64_t soon_ns(uint64_t now_ns)
{
  return now_ns + TCP_TMR_INTERVAL * NS_PER_MS;
}

/* There is nothing to make up for. */
void sys_timeouts_init(void)
{
  uint64_t now_ns = clock_monotonic_ns();
  next_ns = soon_ns(now_ns);
  for (size_t i = 0; i < LWIP_ARRAYSIZE(timers); i++)
    timers[i].last_ns = now_ns;
}

void net_timers_begin(void)
{
  uint64_t now_ns = clock_monotonic_ns();
  net_timers_rest = false;
  next_ns = soon_ns(now_ns);
  catch_up(now_ns);
}

void net_timers_run(uint64_t now_ns)
{
  if (now_ns < next_ns)
    return;
  catch_up(now_ns);
  next_ns = NET_TIMERS_NEVER;
  for (size_t i = 0; i < LWIP_ARRAYSIZE(timers); i++)
  {
    uint32_t needed = timers[i].needed();
    if (needed == NEVER)
      continue;
    uint64_t due_ns = timers[i].last_ns + (uint64_t) needed * timers[i].interval_ms * NS_PER_MS;
    if (due_ns < next_ns)
      next_ns = due_ns;
  }
  net_timers_rest = next_ns > soon_ns(now_ns);
}

uint64_t net_timers_next_ns(void)
{
  return next_ns;
}
