/* The network task sleeps until the next timer or until it is woken. */
#include "net/stack/task.h"

#include "net/stack/core.h"
#include "net/stack/timers.h"
#include "sched/futex.h"
#include "sched/task.h"
#include "time/clock.h"

static void *serve(void *argument)
{
  (void) argument;
  for (;;)
  {
    __atomic_store_n(&net_task_events, 0, __ATOMIC_SEQ_CST);
    net_core_lock();
    net_timers_run(clock_monotonic_ns());
    uint64_t next_ns = net_timers_next_ns();
    net_core_unlock();
    futex_wait(&net_task_events, 0, next_ns);
  }
  return NULL;
}

int net_task_start(void)
{
  struct task *task;
  struct task_attributes attributes = TASK_ATTRIBUTES_DEFAULT;
  attributes.name = "network";
  attributes.detached = true;
  return task_create(&task, serve, NULL, &attributes);
}
