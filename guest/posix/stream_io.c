/* Bytes to and from streams of the host. A call that has to wait is tried, has the monitor watch
 * the stream, sleeps until the interrupt says that something has changed, and is tried again. */
#include "posix/stream_io.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>

#include "arch/x86_64/cpu.h"
#include "bare/line_input.h"
#include "fs/file_system.h"
#include "hypercall.h"
#include "sched/futex.h"
#include "sched/realtime.h"
#include "sched/sched.h"
#include "signal/hold.h"
#include "start_info.h"

/* Counts interrupts; those who wait sleep on it, whatever they wait for: there are few. */
static uint32_t changes;

/* An interrupt is to come. With one CPU nobody waits in the monitor then. */
static uint32_t is_expected;

void stream_interrupt(void)
{
  if (start_info->is_bare != 0)
    line_input_interrupt();
  __atomic_store_n(&is_expected, 0, __ATOMIC_RELAXED);
  __atomic_fetch_add(&changes, 1, __ATOMIC_SEQ_CST);
  futex_wake(&changes, INT_MAX);
  if (stream_tell_pollers != NULL)
    stream_tell_pollers();
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

/* One read() or write(). */
struct transfer
{
  enum hc_port port;
  int fd;
  bool may_block; /* else the CPU waits in the monitor */
  bool waits;     /* else nobody does */
};

static struct transfer transfer_begin(enum hc_port port, int fd, bool waits)
{
  return (struct transfer){
      .port = port, .fd = fd, .may_block = realtime_may_block(), .waits = waits};
}

static long try_transfer(const struct transfer *transfer, const void *buffer, size_t len_bytes)
{
  HC_BLOCK(struct hc_io) io;
  io.fd = transfer->fd;
  io.result = 0;
  enum address_access access = transfer->port == HC_read ? ADDRESS_WRITE : ADDRESS_READ;
  if (hypercall_fill_segments(&io, buffer, len_bytes, access) == 0)
    return -EFAULT;
  uint32_t was_masked = sched_go_away();
  io.wait_us = !transfer->waits      ? 0
               : transfer->may_block ? wait_us(transfer->port)
                                     : HC_WAIT_FOREVER;
  hypercall(transfer->port, &io);
  sched_come_back(was_masked);
  return io.result;
}

long stream_watch(int fd, uint32_t event)
{
  HC_BLOCK(struct hc_watch) watch;
  watch.fd = fd;
  watch.event = event;
  watch.result = 0;
  if (event != HC_EVENT_LOOK)
    __atomic_store_n(&is_expected, 1, __ATOMIC_RELAXED);
  uint32_t was_masked = sched_go_away();
  hypercall(HC_watch, &watch);
  sched_come_back(was_masked);
  return watch.result;
}

/* Moves as many bytes as one call takes, at least one. What can be moved goes before the end by a
 * signal. */
static long transfer_some(const struct transfer *transfer, const void *buffer, size_t len_bytes)
{
  for (;;)
  {
    uint32_t seen = __atomic_load_n(&changes, __ATOMIC_SEQ_CST);
    long result = try_transfer(transfer, buffer, len_bytes);
    if (result != -EAGAIN || !transfer->waits)
      return result;
    if (!transfer->may_block)
      continue;
    result = stream_watch(transfer->fd, transfer->port == HC_read ? HC_EVENT_READ : HC_EVENT_WRITE);
    if (result != 0)
      return result;
    if (signal_hold_wait(&changes, seen, FUTEX_FOREVER) == -EINTR)
      return -EINTR;
  }
}

long stream_read(int fd, void *buffer, size_t len_bytes, bool waits)
{
  struct transfer transfer = transfer_begin(HC_read, fd, waits);
  long result = len_bytes > 0 ? transfer_some(&transfer, buffer, len_bytes) : 0;
  if (host_look_again != NULL)
    host_look_again();
  return result;
}

long stream_write(int fd, const void *buffer, size_t len_bytes, bool waits)
{
  struct transfer transfer = transfer_begin(HC_write, fd, waits);
  size_t done = 0;
  if (transfer.may_block && host_flush_all != NULL)
    host_flush_all();
  while (done < len_bytes)
  {
    long moved = transfer_some(&transfer, (const char *) buffer + done, len_bytes - done);
    if (moved <= 0)
      return done > 0 ? (long) done : moved;
    done += (size_t) moved;
  }
  return (long) done;
}
