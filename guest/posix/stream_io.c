/* Bytes to and from streams of the host. A call that has to wait is tried, has the monitor watch
 * the stream, sleeps until the interrupt says that something has changed, and is tried again. */
#include "posix/stream_io.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>

#include "hypercall.h"
#include "sched/futex.h"
#include "sched/realtime.h"
#include "sched/sched.h"
#include "start_info.h"

/* Counts interrupts; those who wait sleep on it, whatever they wait for: there are few. */
static uint32_t changes;

/* An interrupt is to come. With one CPU nobody waits in the monitor then. */
static uint32_t is_expected;

void stream_interrupt(void)
{
  __atomic_store_n(&is_expected, 0, __ATOMIC_RELAXED);
  __atomic_fetch_add(&changes, 1, __ATOMIC_SEQ_CST);
  futex_wake(&changes, INT_MAX);
}

/* How long the monitor may wait for the stream, this CPU being away already. Where nobody else
 * needs the CPU, that is the quickest way to wait. No other CPU can unmap what is read into
 * meanwhile. */
static uint32_t wait_us(enum hc_port port)
{
  if (__atomic_load_n(&is_expected, __ATOMIC_RELAXED) != 0 ||
      (port == HC_read && start_info->cpu_count > 1))
    return 0;
  return sched_may_be_away_us();
}

static long try_transfer(enum hc_port port, int fd, const void *buffer, size_t len_bytes,
                         bool may_block)
{
  HC_BLOCK(struct hc_io) io;
  io.fd = fd;
  io.result = 0;
  enum address_access access = port == HC_read ? ADDRESS_WRITE : ADDRESS_READ;
  if (hypercall_fill_segments(&io, buffer, len_bytes, access) == 0 && len_bytes > 0)
    return -EFAULT;
  uint32_t was_masked = sched_go_away();
  io.wait_us = may_block ? wait_us(port) : HC_WAIT_FOREVER;
  hypercall(port, &io);
  sched_come_back(was_masked);
  return io.result;
}

static long have_watched(enum hc_port port, int fd)
{
  HC_BLOCK(struct hc_watch) watch;
  watch.fd = fd;
  watch.event = port == HC_read ? HC_EVENT_READ : HC_EVENT_WRITE;
  watch.result = 0;
  __atomic_store_n(&is_expected, 1, __ATOMIC_RELAXED);
  uint32_t was_masked = sched_go_away();
  hypercall(HC_watch, &watch);
  sched_come_back(was_masked);
  return watch.result;
}

/* Whether what has interrupted the wait ends the call: a cancellation does, handlers of signals do
 * not. */
static bool ends_call(void)
{
  const struct task *task = cpu_current();
  uint32_t attention = __atomic_load_n(&task->attention, __ATOMIC_RELAXED);
  return (attention & task->heeds & TASK_CANCELLED) != 0;
}

long stream_transfer(enum hc_port port, int fd, const void *buffer, size_t len_bytes)
{
  bool may_block = realtime_may_block();
  for (;;)
  {
    uint32_t seen = __atomic_load_n(&changes, __ATOMIC_SEQ_CST);
    long moved = try_transfer(port, fd, buffer, len_bytes, may_block);
    if (moved != -EAGAIN)
      return moved;
    if (!may_block)
      continue;
    long error = have_watched(port, fd);
    if (error != 0)
      return error;
    if (futex_wait(&changes, seen, FUTEX_FOREVER) == -EINTR && ends_call())
      return -EINTR;
  }
}
