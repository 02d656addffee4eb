/* The task that writes what is behind when nothing else does. It is made when a file first has
 * something behind, and sleeps while none has. A signal that ends the program has it written, too.
 */
#include <errno.h>

#include "fs/host_node.h"
#include "sched/futex.h"
#include "sched/mutex.h"
#include "sched/task.h"
#include "signal/signal.h"
#include "time/clock.h"

#define STACK_BYTES (32ul << 10)

enum late_state
{
  LATE_ASLEEP, /* until it is told */
  LATE_AWAKE,
};

/* The futex. */
static uint32_t state;

static struct mutex start_mutex;
static uint32_t is_started;

static bool is_any_behind(void)
{
  return __atomic_load_n(&host_behind, __ATOMIC_SEQ_CST) != 0;
}

static void *serve(void *argument)
{
  uint64_t age_cycles = clock_cycles_of_ns(HOST_LATE_NS);
  (void) argument;
  for (;;)
  {
    while (is_any_behind())
    {
      task_sleep_until_ns(clock_monotonic_ns() + HOST_LATE_NS);
      host_nodes_write(age_cycles);
    }
    __atomic_store_n(&state, LATE_ASLEEP, __ATOMIC_SEQ_CST);
    if (is_any_behind())
      __atomic_store_n(&state, LATE_AWAKE, __ATOMIC_SEQ_CST);
    else
      futex_wait(&state, LATE_ASLEEP, FUTEX_FOREVER);
  }
  return NULL;
}

int host_late_prepare(void)
{
  int error = 0;
  if (__atomic_load_n(&is_started, __ATOMIC_ACQUIRE) != 0)
    return 0;
  mutex_lock(&start_mutex);
  if (is_started == 0)
  {
    struct task *task;
    struct task_attributes attributes = TASK_ATTRIBUTES_DEFAULT;
    attributes.name = "files";
    attributes.detached = true;
    attributes.stack_bytes = STACK_BYTES;
    signal_keep_ends();
    error = task_create(&task, serve, NULL, &attributes);
    __atomic_store_n(&is_started, error == 0, __ATOMIC_RELEASE);
  }
  mutex_unlock(&start_mutex);
  return error;
}

void host_late_tell(void)
{
  if (__atomic_load_n(&state, __ATOMIC_SEQ_CST) == LATE_AWAKE)
    return;
  if (__atomic_exchange_n(&state, LATE_AWAKE, __ATOMIC_SEQ_CST) == LATE_ASLEEP)
    futex_wake(&state, 1);
}
