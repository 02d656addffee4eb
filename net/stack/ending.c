/* The end of the program: other kernels go on sending for a program that is gone, here that is done
 * before. Connections are closed, or reset where the program has not read what has come; what they
 * have to send has time while the peers take it.
 *
 * The network task does it, and has the core's lock from then on: no thread gets to a socket any
 * more. Who ends the program waits for it, as long as it shows that it lives. */
#include "net/stack/ending.h"

#include <errno.h>
#include <stdint.h>

#include "lwip/opt.h"

#include "lwip/etharp.h"
#include "lwip/priv/nd6_priv.h"
#include "lwip/priv/tcp_priv.h"

#include "arch/x86_64/cpu.h"
#include "net/stack/core.h"
#include "net/stack/interface.h"
#include "net/stack/network_task.h"
#include "net/stack/stack.h"
#include "net/stack/stack_timers.h"
#include "sched/futex.h"
#include "sched/task.h"
#include "signal/hold.h"
#include "time/clock.h"

#define NS_PER_MS 1000000ull

/* How long we wait. */
struct patience
{
  uint64_t whole_ns;
  uint64_t still_ns; /* while no peer acknowledges anything */
};

static const struct patience at_exit = {30000 * NS_PER_MS, 2000 * NS_PER_MS};
static const struct patience at_signal = {50 * NS_PER_MS, 50 * NS_PER_MS};

#define NAMES_NS     (1000 * NS_PER_MS) /* while it is asked for hardware addresses */
#define FRAMES_NS    (20 * NS_PER_MS)   /* until the device has read what it was given */
#define LOOK_NS      (10 * NS_PER_MS)
#define LOOK_SOON_NS (NS_PER_MS / 10)   /* for what nobody interrupts */
#define LIFE_NS      (1000 * NS_PER_MS) /* in which the task looks at least once */

/* Null: the program goes on. An end by a signal may come behind one with a status. */
static const struct patience *patience;

enum exiting
{
  NOT_EXITING,
  EXITING, /* somebody is about to say with which status */
  EXITING_WITH_STATUS,
};

static uint32_t exiting; /* enum exiting */
static int exit_status;

/* The futex of who waits; and how often the task has looked. */
static uint32_t is_over;
static uint32_t looks;

static const struct task *network_task;

/* ---- Closing ---- */

static void close_connection(struct tcp_pcb *pcb)
{
  bool was_accepted = (pcb->flags & TF_BACKLOGPEND) == 0 && pcb->state != SYN_RCVD;
  tcp_arg(pcb, NULL);
  tcp_recv(pcb, NULL);
  tcp_sent(pcb, NULL);
  tcp_err(pcb, NULL);
  tcp_poll(pcb, NULL, 0);
  if (!was_accepted || tcp_close(pcb) != ERR_OK)
    tcp_abort(pcb);
}

static void close_all(void)
{
  while (tcp_listen_pcbs.listen_pcbs != NULL)
  {
    struct tcp_pcb *listener = tcp_listen_pcbs.pcbs;
    tcp_arg(listener, NULL);
    tcp_close(listener);
  }
  for (struct tcp_pcb *pcb = tcp_active_pcbs, *next; pcb != NULL; pcb = next)
  {
    next = pcb->next;
    close_connection(pcb);
  }
}

/* ---- What is left to do ---- */

struct left
{
  bool connections, names, frames;
  uint64_t bytes; /* changes with each acknowledgement */
};

static bool has_to_send(const struct tcp_pcb *pcb)
{
  return pcb->unsent != NULL || pcb->unacked != NULL || (pcb->flags & TF_CLOSEPEND) != 0;
}

static bool asks_for_names(void)
{
  for (int i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++)
    if (neighbor_cache[i].q != NULL)
      return true;
  return etharp_is_pending() != 0;
}

static struct left what_is_left(void)
{
  struct left left = {.names = asks_for_names()};
  for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
  {
    if (!has_to_send(pcb))
      continue;
    left.connections = true;
    left.bytes += 1 + (pcb->snd_lbb - pcb->lastack);
  }
  for (const struct net_interface *interface = net_interfaces; interface != NULL;
       interface = interface->next)
    if (interface->waiting != NULL || interface->given_count != 0)
      left.frames = true;
  return left;
}

/* Who has not got everything is told. */
static void reset_rest(bool also_sent)
{
  for (struct tcp_pcb *pcb = tcp_active_pcbs, *next; pcb != NULL; pcb = next)
  {
    next = pcb->next;
    if (pcb->unsent != NULL || (also_sent && has_to_send(pcb)))
      tcp_abort(pcb);
  }
}

/* ---- The network task ---- */

static void look(void)
{
  net_interfaces_serve();
  net_timers_run(clock_monotonic_ns());
  net_core_settle();
  __atomic_add_fetch(&looks, 1, __ATOMIC_RELAXED);
}

static void sleep_until(uint64_t deadline_ns)
{
  __atomic_store_n(&net_task_events, 0, __ATOMIC_SEQ_CST);
  if (net_interfaces_expect())
    return;
  uint64_t next_ns = net_timers_next_ns();
  futex_wait(&net_task_events, 0, deadline_ns < next_ns ? deadline_ns : next_ns);
}

static const struct patience *patience_now(void)
{
  return __atomic_load_n(&patience, __ATOMIC_SEQ_CST);
}

static void send_rest(void)
{
  uint64_t begin_ns = clock_monotonic_ns();
  uint64_t moved_ns = begin_ns;
  uint64_t bytes = 0;
  for (;;)
  {
    look();
    uint64_t now_ns = clock_monotonic_ns();
    struct left left = what_is_left();
    const struct patience *most = patience_now();
    if (left.bytes != bytes)
      moved_ns = now_ns;
    bytes = left.bytes;
    uint64_t still_ns = left.connections ? most->still_ns : NAMES_NS;
    if ((!left.connections && !left.names) || now_ns - begin_ns >= most->whole_ns ||
        now_ns - moved_ns >= still_ns)
      return;
    sleep_until(now_ns + LOOK_NS);
  }
}

static void send_frames(void)
{
  uint64_t deadline_ns = clock_monotonic_ns() + FRAMES_NS;
  for (look(); what_is_left().frames; look())
  {
    uint64_t now_ns = clock_monotonic_ns();
    if (now_ns >= deadline_ns)
      return;
    sleep_until(now_ns + LOOK_SOON_NS);
  }
}

static _Noreturn void sleep_for_ever(void)
{
  static uint32_t never;
  for (;;)
    futex_wait(&never, 0, FUTEX_FOREVER);
}

void net_ending_look(void)
{
  if (__builtin_expect(patience_now() == NULL, 1))
    return;
  __atomic_store_n(&network_task, cpu_current(), __ATOMIC_RELAXED);
  net_lock();
  close_all();
  send_rest();
  reset_rest(patience_now() == &at_exit);
  send_frames();
  __atomic_store_n(&is_over, 1, __ATOMIC_SEQ_CST);
  futex_wake(&is_over, INT32_MAX);
  sleep_for_ever();
}

/* ---- Who ends the program ---- */

static bool may_wait(void)
{
  const struct task *task = cpu_current();
  return net_interfaces != NULL && task != NULL && task->priority < TASK_PRIORITIES &&
         !cpu_is_masked();
}

static void end(const struct patience *with)
{
  uint64_t deadline_ns = clock_monotonic_ns() + with->whole_ns + with->still_ns;
  __atomic_store_n(&patience, with, __ATOMIC_SEQ_CST);
  net_task_wake();
  while (__atomic_load_n(&is_over, __ATOMIC_SEQ_CST) == 0)
  {
    uint32_t seen = __atomic_load_n(&looks, __ATOMIC_RELAXED);
    uint64_t alive_ns = clock_monotonic_ns() + LIFE_NS;
    uint64_t until_ns = alive_ns < deadline_ns ? alive_ns : deadline_ns;
    if (futex_wait(&is_over, 0, until_ns) == -ETIMEDOUT &&
        (until_ns == deadline_ns || seen == __atomic_load_n(&looks, __ATOMIC_RELAXED)))
      return;
  }
}

void net_end(int status)
{
  struct signal_hold hold;
  uint32_t expected = NOT_EXITING;
  if (!may_wait())
    return;
  signal_hold_begin(&hold);
  task_heed_cancellation(false);
  if (!__atomic_compare_exchange_n(&exiting, &expected, EXITING, false, __ATOMIC_SEQ_CST,
                                   __ATOMIC_SEQ_CST))
    sleep_for_ever();
  exit_status = status;
  __atomic_store_n(&exiting, EXITING_WITH_STATUS, __ATOMIC_SEQ_CST);
  end(&at_exit);
}

bool net_is_ending(int *status)
{
  if (__atomic_load_n(&exiting, __ATOMIC_SEQ_CST) != EXITING_WITH_STATUS ||
      cpu_current() == __atomic_load_n(&network_task, __ATOMIC_RELAXED))
    return false;
  *status = exit_status;
  return true;
}

void net_end_by_signal(void)
{
  struct signal_hold hold;
  if (!may_wait())
    return;
  signal_hold_begin(&hold);
  task_heed_cancellation(false);
  end(&at_signal);
}
