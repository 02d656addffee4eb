/* The stack comes up, and the lock of its core. */
#include "net/stack/stack.h"

#include <stdbool.h>
#include <stdint.h>

#include "lwip/opt.h"

#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/netif.h"
#include "lwip/tcpip.h"
#include "lwip/timeouts.h"

#include "net/stack/configuration.h"
#include "net/stack/core.h"
#include "net/stack/interface.h"
#include "net/stack/network_task.h"
#include "net/stack/stack_timers.h"
#include "posix/sys.h"
#include "sched/mutex.h"
#include "sched/task.h"
#include "signal/signal.h"
#include "time/clock.h"

#define LOOPBACK_MTU   65535
#define LOOP_UNCHECKED (NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP)

static struct mutex core;
static bool has_begun; /* timers run again, which the task does not know yet */

static struct mutex start_mutex;
static bool is_started;

void net_core_lock(void)
{
  mutex_lock(&core);
}

void net_lock(void)
{
  mutex_lock(&core);
  if (__builtin_expect(net_timers_rest, 0))
  {
    net_timers_begin();
    has_begun = true;
  }
}

/* Frames that the section has sent to ourselves. What receives them may send more. Their checksums
 * are not computed where a device would do it, and are not looked at. */
static void loop_back(void)
{
  struct netif *netif;
  NETIF_FOREACH(netif)
  {
    if (netif->loop_first != NULL)
      NETIF_SET_CHECKSUM_CTRL(netif, netif->chksum_flags & (u16_t) ~LOOP_UNCHECKED);
    while (netif->loop_first != NULL)
      netif_poll(netif);
  }
}

void net_core_give_way(uint64_t pause_ns)
{
  if (__atomic_load_n(&core.word, __ATOMIC_RELAXED) != MUTEX_FREE)
    task_sleep_until_ns(clock_monotonic_ns() + pause_ns);
}

void net_core_settle(void)
{
  loop_back();
  net_interfaces_flush();
}

void net_unlock(void)
{
  net_core_settle();
  bool wake = has_begun || net_interfaces_have_received();
  has_begun = false;
  mutex_unlock(&core);
  if (wake)
    net_task_wake();
}

void net_core_unlock(void)
{
  net_unlock();
}

uint32_t net_random(void)
{
  uint32_t number;
  sys_getentropy(&number, sizeof(number));
  return number;
}

/* Of the loopback interface, whose frames netif_poll() hands to IP without asking. */
err_t tcpip_input(struct pbuf *frame, struct netif *netif)
{
  return ip_input(frame, netif);
}

/* Its frames are whole: nobody computes checksums. */
static void loopback_set_up(void)
{
  struct netif *loopback = netif_get_by_index(1);
  NETIF_SET_CHECKSUM_CTRL(loopback, 0);
  loopback->mtu = LOOPBACK_MTU;
  loopback->mtu6 = LOOPBACK_MTU;
}

static int start(void)
{
  /* Before the first lock, which makes up for ticks that have gone: none has. */
  sys_timeouts_init();
  net_lock();
  lwip_init();
  loopback_set_up();
  net_unlock();
  int error = net_configuration_start();
  if (error != 0)
    return error;
  /* Connections are closed at an end by a signal, too. */
  if (net_interfaces != NULL)
    signal_keep_ends();
  return net_task_start();
}

int net_start(void)
{
  int error = 0;
  if (__atomic_load_n(&is_started, __ATOMIC_ACQUIRE))
    return 0;
  mutex_lock(&start_mutex);
  if (!is_started)
  {
    error = start();
    __atomic_store_n(&is_started, error == 0, __ATOMIC_RELEASE);
  }
  mutex_unlock(&start_mutex);
  return error;
}
