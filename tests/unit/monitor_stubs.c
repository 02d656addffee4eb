/* What uhyve/hypercall_table.c calls in the rest of the monitor: notes the call, does nothing. */
#include "monitor_stubs.h"

#include <errno.h>
#include <string.h>

#include "uhyve/guest_signals.h"
#include "uhyve/terminal.h"
#include "uhyve/vm_memory.h"
#include "uhyve/vm_threads.h"

struct monitor_stubs monitor_stubs;

bool vm_begin_end(struct vm *vm)
{
  return !atomic_exchange(&vm->ending, true);
}

void vm_stop_cpus(struct vm *vm)
{
  (void) vm;
  monitor_stubs.stopped++;
}

int64_t vm_memory_attach(struct vm *vm, uint64_t memory_bytes)
{
  (void) vm;
  monitor_stubs.memory_bytes = memory_bytes;
  return monitor_stubs.attach_result;
}

int clock_follow_start(struct clock_follow *follow)
{
  (void) follow;
  monitor_stubs.clock_starts++;
  return monitor_stubs.clock_result;
}

int stream_watch_arm(struct stream_watch *watch, int fd, enum hc_event event, unsigned int cpu)
{
  (void) watch;
  monitor_stubs.watches++;
  monitor_stubs.watched_fd = fd;
  monitor_stubs.watched_event = event;
  monitor_stubs.watched_cpu = cpu;
  return monitor_stubs.watch_result;
}

static ssize_t move(int fd, const struct iovec *pieces, int count, uint32_t wait_us)
{
  monitor_stubs.moves++;
  monitor_stubs.fd = fd;
  monitor_stubs.count = count;
  monitor_stubs.wait_us = wait_us;
  memcpy(monitor_stubs.pieces, pieces, (size_t) count * sizeof(*pieces));
  if (fd < 0 || fd > 2)
    return -EBADF;
  ssize_t total = 0;
  for (int i = 0; i < count; i++)
    total += (ssize_t) pieces[i].iov_len;
  return total;
}

ssize_t streams_write(const struct streams *streams, int fd, struct iovec *pieces, int count,
                      uint32_t wait_us)
{
  (void) streams;
  return move(fd, pieces, count, wait_us);
}

ssize_t streams_read(const struct streams *streams, int fd, const struct iovec *pieces, int count,
                     uint32_t wait_us)
{
  (void) streams;
  return move(fd, pieces, count, wait_us);
}

int stream_watch_look(const struct streams *streams, int fd)
{
  (void) streams;
  (void) fd;
  return 0;
}

bool guest_signals_serve(struct hc_signals *block, char message[static 256])
{
  (void) message;
  block->result = 0;
  return true;
}

bool terminal_serve(const struct streams *streams, struct hc_terminal *block,
                    char message[static 256])
{
  (void) streams;
  (void) message;
  block->result = 0;
  return true;
}
