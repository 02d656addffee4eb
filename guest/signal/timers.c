/* Timers that send signals: each is one of the CPU's where it was last started.
 *
 * A CPU's timers are its own. So one that is set anew on another CPU leaves its former one there,
 * which finds when it runs out that it does not count any more. What is kept for each CPU is used
 * again. Processor time has no timer: when it may be over at the earliest, it is looked at again.
 */
#include "signal/timers.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "mm/kernel_heap.h"
#include "sched/lifetime.h"
#include "start_info.h"
#include "time/clock.h"

/* Processor time is not looked at more often. */
#define LEAST_WAIT_NS 500000ull

struct signal_timer_arm
{
  struct timer timer; /* first: expire() gets this */
  struct signal_timer *owner;
  struct signal_timer_arm *next;
  uint32_t cpu;
};

struct thread_time
{
  int id;
  uint64_t ns;
};

static bool read_thread_time(struct task *task, void *context)
{
  struct thread_time *time = context;
  if (task_id(task) != time->id)
    return false;
  time->ns = task_cpu_time_ns(task);
  return true;
}

/* False: the thread has ended. */
static bool read_clock(const struct signal_timer *timer, uint64_t *now_ns)
{
  struct thread_time time = {.id = timer->clock_id};
  switch (timer->clock)
  {
  case TIMER_CLOCK_PROCESS:
    *now_ns = tasks_cpu_time_ns();
    return true;
  case TIMER_CLOCK_THREAD:
    if (!tasks_visit(read_thread_time, &time))
      return false;
    *now_ns = time.ns;
    return true;
  default:
    *now_ns = clock_monotonic_ns();
    return true;
  }
}

/* Masked, on the arm's CPU. */
static void start_here(const struct signal_timer *timer, struct signal_timer_arm *arm,
                       uint64_t now_ns)
{
  struct percpu *cpu = cpu_this();
  uint64_t deadline_ns = timer->deadline_ns;
  if (timer->clock != TIMER_CLOCK_MONOTONIC)
  {
    uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    if (timer->clock == TIMER_CLOCK_PROCESS)
      left_ns /= start_info->cpu_count;
    deadline_ns = clock_monotonic_ns() + (left_ns > LEAST_WAIT_NS ? left_ns : LEAST_WAIT_NS);
  }
  timer_set(cpu, &arm->timer, clock_tsc_of_ns(deadline_ns));
}

/* It has run out, perhaps more than once: `missed` times beyond. */
static void tell(struct signal_timer *timer, uint64_t missed)
{
  struct signal_node *node = &timer->node;
  uint64_t count = timer->overruns + missed;
  if (node->queue != NULL)
    count = (uint64_t) node->info.uid + 1 + missed;
  int overruns = count > INT_MAX ? INT_MAX : (int) count;
  timer->overruns = 0;
  if (node->queue != NULL)
  {
    node->info.uid = overruns;
    return;
  }
  struct signal_info info = timer->info;
  if (info.code == SI_TIMER)
    info.uid = overruns;
  if (timer->notify == TIMER_NOTIFY_PROCESS)
    signal_send_locked(NULL, &info, node);
  else if (timer->notify == TIMER_NOTIFY_THREAD)
    signal_send_to_id_locked(timer->target_id, &info, node);
  else if (timer->notify == TIMER_NOTIFY_CALL)
  {
    timer->overruns = (unsigned int) overruns;
    timer->expired(timer);
  }
}

static void expire(struct timer *expired, struct percpu *cpu)
{
  struct signal_timer_arm *arm = (struct signal_timer_arm *) expired;
  struct signal_timer *timer = arm->owner;
  uint64_t now_ns;
  (void) cpu;
  spinlock_lock(&signal_lock);
  bool counts = timer->armed == arm;
  if (counts && !read_clock(timer, &now_ns))
  {
    timer->armed = NULL;
    timer->deadline_ns = 0;
    counts = false;
  }
  if (counts && now_ns >= timer->deadline_ns)
  {
    uint64_t missed = 0;
    if (timer->interval_ns != 0)
      missed = (now_ns - timer->deadline_ns) / timer->interval_ns;
    tell(timer, missed);
    if (timer->interval_ns != 0)
      timer->deadline_ns += (missed + 1) * timer->interval_ns;
    else
      timer->deadline_ns = 0;
  }
  if (counts && timer->deadline_ns != 0)
    start_here(timer, arm, now_ns);
  else if (counts)
    timer->armed = NULL;
  spinlock_unlock(&signal_lock);
}

static struct signal_timer_arm *arm_of(const struct signal_timer *timer, uint32_t cpu)
{
  struct signal_timer_arm *arm = __atomic_load_n(&timer->arms, __ATOMIC_ACQUIRE);
  while (arm != NULL && arm->cpu != cpu)
    arm = arm->next;
  return arm;
}

static int make_arm(struct signal_timer *timer, uint32_t cpu)
{
  struct signal_timer_arm *arm = kernel_allocate_zeroed(sizeof(*arm));
  if (arm == NULL)
    return -EAGAIN;
  arm->timer.expire = expire;
  arm->owner = timer;
  arm->cpu = cpu;
  uint32_t was_masked = spinlock_lock_masked(&signal_lock);
  bool is_new = arm_of(timer, cpu) == NULL;
  if (is_new)
  {
    arm->next = timer->arms;
    __atomic_store_n(&timer->arms, arm, __ATOMIC_RELEASE);
  }
  spinlock_unlock_restore(&signal_lock, was_masked);
  if (!is_new)
    kernel_free(arm, sizeof(*arm));
  return 0;
}

/* With the lock. */
static void read_setting(const struct signal_timer *timer, struct signal_timer_setting *setting)
{
  uint64_t now_ns;
  *setting = (struct signal_timer_setting){.interval_ns = timer->interval_ns};
  if (timer->deadline_ns == 0 || !read_clock(timer, &now_ns))
    return;
  /* It is about to run out, if that is late. */
  setting->left_ns = timer->deadline_ns > now_ns ? timer->deadline_ns - now_ns : 1;
}

/* With the lock. */
static void disarm(struct signal_timer *timer)
{
  struct percpu *cpu = cpu_this();
  if (timer->armed != NULL && timer->armed->cpu == cpu->area.cpu)
    timer_clear(cpu, &timer->armed->timer);
  timer->armed = NULL;
  timer->deadline_ns = 0;
}

/* With the lock; the arm is this CPU's. */
static int start(struct signal_timer *timer, struct signal_timer_arm *arm,
                 const struct signal_timer_setting *setting, bool is_absolute)
{
  struct percpu *cpu = cpu_this();
  uint64_t now_ns;
  if (!read_clock(timer, &now_ns))
    return -EINVAL;
  uint64_t from_ns = is_absolute ? 0 : now_ns;
  timer->deadline_ns =
      setting->left_ns > INT64_MAX - from_ns ? (uint64_t) INT64_MAX : from_ns + setting->left_ns;
  timer->interval_ns = setting->interval_ns;
  timer->armed = arm;
  timer_clear(cpu, &arm->timer);
  start_here(timer, arm, now_ns);
  sched_arm_timer(cpu, cpu_tsc());
  return 0;
}

int signal_timer_set(struct signal_timer *timer, const struct signal_timer_setting *setting,
                     bool is_absolute, struct signal_timer_setting *former)
{
  struct signal_timer_setting before;
  struct signal_timer_arm *arm;
  uint32_t was_masked;
  int error = 0;
  for (;;)
  {
    was_masked = spinlock_lock_masked(&signal_lock);
    uint32_t cpu = cpu_this()->area.cpu;
    arm = arm_of(timer, cpu);
    if (arm != NULL || setting->left_ns == 0)
      break;
    spinlock_unlock_restore(&signal_lock, was_masked);
    error = make_arm(timer, cpu);
    if (error != 0)
      return error;
  }
  read_setting(timer, &before);
  disarm(timer);
  timer->overruns = 0;
  if (setting->left_ns != 0)
    error = start(timer, arm, setting, is_absolute);
  else
    timer->interval_ns = setting->interval_ns;
  spinlock_unlock_restore(&signal_lock, was_masked);
  if (former != NULL)
    *former = before;
  return error;
}

void signal_timer_get(struct signal_timer *timer, struct signal_timer_setting *setting)
{
  struct signal_timer_setting now;
  uint32_t was_masked = spinlock_lock_masked(&signal_lock);
  read_setting(timer, &now);
  spinlock_unlock_restore(&signal_lock, was_masked);
  *setting = now;
}

void signal_timer_stop(struct signal_timer *timer)
{
  uint32_t was_masked = spinlock_lock_masked(&signal_lock);
  disarm(timer);
  signal_queue_remove(&timer->node);
  spinlock_unlock_restore(&signal_lock, was_masked);
}

int signal_timer_overruns(const struct signal_timer *timer)
{
  return timer->node.told_overruns;
}
