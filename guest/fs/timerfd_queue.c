/* Timers of timerfd: one heap for all, on the deadline timer of the CPU where the earliest one was
 * set. A CPU whose timer does not count any more finds that out when it runs out, once. A timer
 * that has run out is not set again until somebody looks at it: nothing happens that nobody sees.
 */
#include <errno.h>
#include <poll.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "fs/timerfd.h"
#include "mm/kernel_heap.h"
#include "sched/sched.h"
#include "start_info.h"
#include "time/clock.h"

static struct
{
  struct spinlock lock;
  struct heap heap;
  struct timer *timers; /* one for each CPU */
  struct timer *armed;  /* the one of them that counts; null: none */
} queue;

uint32_t timerfd_lock(void)
{
  return spinlock_lock_masked(&queue.lock);
}

void timerfd_unlock(uint32_t was_masked)
{
  spinlock_unlock_restore(&queue.lock, was_masked);
}

uint64_t timerfd_now(const struct timerfd *timer)
{
  return timer->is_wall ? clock_realtime_ns() : clock_monotonic_ns();
}

static struct timerfd *first(void)
{
  return (struct timerfd *) queue.heap.first;
}

/* Sets this CPU's timer to the earliest deadline. */
static void arm_here(struct percpu *cpu)
{
  queue.armed = &queue.timers[cpu->area.cpu];
  timer_clear(cpu, queue.armed);
  timer_set(cpu, queue.armed, queue.heap.first->key);
}

static void insert(struct timerfd *timer)
{
  uint64_t now_ns = timerfd_now(timer);
  uint64_t left_ns = timer->deadline_ns > now_ns ? timer->deadline_ns - now_ns : 0;
  uint64_t begin_ns = clock_monotonic_ns();
  uint64_t end_ns = left_ns > INT64_MAX - begin_ns ? (uint64_t) INT64_MAX : begin_ns + left_ns;
  timer->node = (struct heap_node){.key = clock_tsc_of_ns(end_ns)};
  timer->is_queued = true;
  heap_insert(&queue.heap, &timer->node);
}

void timerfd_queue_add(struct timerfd *timer)
{
  struct percpu *cpu = cpu_this();
  insert(timer);
  if (first() != timer)
    return;
  arm_here(cpu);
  sched_arm_timer(cpu, cpu_tsc());
}

void timerfd_queue_remove(struct timerfd *timer)
{
  if (timer->is_queued)
    heap_remove(&queue.heap, &timer->node);
  timer->is_queued = false;
}

/* It has run out, unless the wall clock went slower meanwhile. */
static void tell(struct timerfd *timer)
{
  timerfd_queue_remove(timer);
  if (timer->is_wall && timerfd_now(timer) < timer->deadline_ns)
  {
    insert(timer);
    return;
  }
  __atomic_add_fetch(&timer->expiries, 1, __ATOMIC_SEQ_CST);
  if (timer->interval_ns == 0)
    timer->deadline_ns = 0;
  else
    timer->deadline_ns += timer->interval_ns;
  wait_source_tell(&timer->source, POLLIN);
  wait_word_wake(&timer->readers, 1);
}

static void expire(struct timer *expired, struct percpu *cpu)
{
  uint64_t now_tsc = cpu_tsc();
  spinlock_lock(&queue.lock);
  if (queue.armed == expired)
  {
    queue.armed = NULL;
    while (first() != NULL && first()->node.key <= now_tsc)
      tell(first());
    if (first() != NULL)
      arm_here(cpu);
  }
  spinlock_unlock(&queue.lock);
}

int timerfd_queue_start(void)
{
  if (__atomic_load_n(&queue.timers, __ATOMIC_ACQUIRE) != NULL)
    return 0;
  size_t size = start_info->cpu_count * sizeof(struct timer);
  struct timer *timers = kernel_allocate_zeroed(size);
  if (timers == NULL)
    return -ENOMEM;
  for (unsigned int i = 0; i < start_info->cpu_count; i++)
    timers[i].expire = expire;
  struct timer *nobody = NULL;
  if (!__atomic_compare_exchange_n(&queue.timers, &nobody, timers, false, __ATOMIC_RELEASE,
                                   __ATOMIC_RELAXED))
    kernel_free(timers, size);
  return 0;
}
