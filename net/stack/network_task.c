/* The network task sleeps until the next timer or until it is woken, by a device or a program. Idle
 * CPUs look into devices meanwhile: net/driver/attention.c. */
#include "net/stack/network_task.h"

#include <reent.h>

#include "libc/thread.h"
#include "net/stack/core.h"
#include "net/stack/ending.h"
#include "net/stack/interface.h"
#include "net/stack/stack.h"
#include "net/stack/stack_timers.h"
#include "sched/futex.h"
#include "sched/task.h"
#include "time/clock.h"

/* Above programs' tasks unless they ask for more: what has come does not wait for who computes. */
#define PRIORITY (TASK_PRIORITY_DEFAULT + 4)

/* Frames without end are served for so long before others come first. */
#define BUSY_NS  5000000ull
#define PAUSE_NS 100000ull

/* A batch of what devices have. */
static bool serve_devices(void)
{
  net_lock();
  bool any = net_interfaces_serve();
  net_unlock();
  return any;
}

/* Until the devices have nothing more. When that takes long, programs are to run beside it, and to
 * get the lock, which who lets it go may take again before those that wait for it have woken. */
static void serve_all_devices(void)
{
  uint64_t pause_ns = clock_monotonic_ns() + BUSY_NS;
  bool is_busy = false;
  for (net_ending_look(); serve_devices(); net_ending_look())
  {
    uint64_t now_ns = clock_monotonic_ns();
    if (now_ns < pause_ns)
      continue;
    if (!is_busy)
      task_set_priority(task_current(), TASK_PRIORITY_DEFAULT);
    is_busy = true;
    net_core_give_way(PAUSE_NS);
    pause_ns = clock_monotonic_ns() + BUSY_NS;
  }
  if (is_busy)
    task_set_priority(task_current(), PRIORITY);
}

/* Looks at the clock without making it run: returns when to look again. Devices come first, for
 * what they have sent is not lwIP's to send again before. */
static uint64_t serve_timers(void)
{
  uint64_t now_ns = clock_monotonic_ns();
  net_core_lock();
  if (now_ns >= net_timers_next_ns())
    net_interfaces_serve();
  net_timers_run(now_ns);
  uint64_t next_ns = net_timers_next_ns();
  net_core_unlock();
  return next_ns;
}

static void *serve(void *argument)
{
  static struct thread self;
  static struct _reent state;
  (void) argument;
  thread_adopt(&self, &state);
  for (;;)
  {
    bool told = __atomic_exchange_n(&net_task_events, 0, __ATOMIC_SEQ_CST) != 0;
    net_ending_look();
    if (told)
      serve_all_devices();
    uint64_t next_ns = serve_timers();
    if (!net_interfaces_expect())
      futex_wait(&net_task_events, 0, next_ns);
    else
      net_task_wake();
  }
  return NULL;
}

int net_task_start(void)
{
  struct task *task;
  struct task_attributes attributes = TASK_ATTRIBUTES_DEFAULT;
  attributes.name = "network";
  attributes.priority = PRIORITY;
  attributes.detached = true;
  return task_create(&task, serve, NULL, &attributes);
}
