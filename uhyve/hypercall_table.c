/* Serves hypercalls. The guest's other CPUs may change memory at any time: a block is copied once,
 * the copy is checked and acted on. */
#include "hypercall_table.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>

#include "call.h"
#include "file_calls.h"
#include "file_control.h"
#include "guest_signals.h"
#include "memory_discard.h"
#include "path_calls.h"
#include "terminal.h"
#include "time_zone.h"
#include "vm_memory.h"
#include "vm_threads.h"

#define MAX_SIGNAL 64

static enum hypercall_verdict serve_exit(struct call *call, struct hc_exit *block)
{
  struct vm *vm = call->vm;
  if (block->signal > MAX_SIGNAL)
  {
    snprintf(call->message, 256, "hypercall %s: there is no signal %u", call->name, block->signal);
    return HYPERCALL_BROKEN;
  }
  if (!vm_begin_end(vm))
    return HYPERCALL_END;
  vm->end.kind = block->signal != 0 ? VM_END_SIGNAL : VM_END_EXIT;
  vm->end.status = block->signal != 0 ? (int) block->signal : block->status & 0xff;
  vm_stop_cpus(vm);
  return HYPERCALL_END;
}

static enum hypercall_verdict serve_write(struct call *call, struct hc_io *block)
{
  struct iovec pieces[HC_MAX_SEGMENTS];
  int count = call_segments(call, block->segment, block->segments, GUEST_READ, pieces);
  if (count < 0)
    return HYPERCALL_BROKEN;
  block->result = streams_write(&call->vm->streams, block->fd, pieces, count, block->wait_us);
  return HYPERCALL_CONTINUE;
}

static enum hypercall_verdict serve_read(struct call *call, struct hc_io *block)
{
  struct iovec pieces[HC_MAX_SEGMENTS];
  int count = call_segments(call, block->segment, block->segments, GUEST_WRITE, pieces);
  if (count < 0)
    return HYPERCALL_BROKEN;
  block->result = streams_read(&call->vm->streams, block->fd, pieces, count, block->wait_us);
  return HYPERCALL_CONTINUE;
}

static enum hypercall_verdict serve_crash(struct call *call, struct hc_crash *block)
{
  struct vm *vm = call->vm;
  const char *text = NULL;
  if (block->message_len_bytes > HC_MAX_MESSAGE_BYTES)
  {
    snprintf(call->message, 256, "hypercall %s: a message of %u bytes, at most %d are allowed",
             call->name, block->message_len_bytes, HC_MAX_MESSAGE_BYTES);
    return HYPERCALL_BROKEN;
  }
  if (block->message_len_bytes > 0)
  {
    text =
        guest_memory_access(&vm->memory, block->message_gpa, block->message_len_bytes, GUEST_READ);
    if (text == NULL)
    {
      snprintf(call->message, 256,
               "hypercall %s: the message at 0x%llx is not memory the guest may read", call->name,
               (unsigned long long) block->message_gpa);
      return HYPERCALL_BROKEN;
    }
  }
  if (!vm_begin_end(vm))
    return HYPERCALL_END;
  vm->end.kind = VM_END_CRASH;
  vm->end.cpu = call->cpu;
  vm->end.crash = *block;
  if (text != NULL)
    memcpy(vm->end.crash_text, text, block->message_len_bytes);
  vm_stop_cpus(vm);
  return HYPERCALL_END;
}

static enum hypercall_verdict serve_memory(struct call *call, struct hc_memory *block)
{
  int64_t memory_bytes = vm_memory_attach(call->vm, block->memory_bytes);
  block->result = memory_bytes < 0 ? memory_bytes : 0;
  if (memory_bytes > 0)
    block->memory_bytes = (uint64_t) memory_bytes;
  return HYPERCALL_CONTINUE;
}

static enum hypercall_verdict serve_discard(struct call *call, struct hc_discard *block)
{
  return memory_discard(call->vm, block, call->message) == 0 ? HYPERCALL_CONTINUE
                                                             : HYPERCALL_BROKEN;
}

static enum hypercall_verdict serve_yield(struct call *call, struct hc_yield *block)
{
  (void) call;
  sched_yield();
  block->result = 0;
  return HYPERCALL_CONTINUE;
}

static enum hypercall_verdict serve_clock(struct call *call, struct hc_clock *block)
{
  block->result = clock_follow_start(&call->vm->clock);
  return HYPERCALL_CONTINUE;
}

static enum hypercall_verdict serve_watch(struct call *call, struct hc_watch *block)
{
  if (block->event == HC_EVENT_LOOK)
  {
    block->result = stream_watch_look(&call->vm->streams, block->fd);
    return HYPERCALL_CONTINUE;
  }
  if (block->event >= STREAM_EVENTS)
  {
    snprintf(call->message, 256, "hypercall %s: there is no event %u", call->name, block->event);
    return HYPERCALL_BROKEN;
  }
  enum hc_event event = (enum hc_event) block->event;
  block->result = stream_watch_arm(&call->vm->watch, block->fd, event, call->cpu);
  return HYPERCALL_CONTINUE;
}

#define SERVED_BY(name, block_type, handler)                                                    \
  static enum hypercall_verdict serve_##name(struct call *call, block_type *block) /* NOLINT */ \
  {                                                                                             \
    return handler(call, block);                                                                \
  }
SERVED_BY(file_open, struct hc_file_open, file_call_open)
SERVED_BY(file_read, struct hc_file_io, file_call_read)
SERVED_BY(file_write, struct hc_file_io, file_call_write)
SERVED_BY(file_control, struct hc_file_control, file_control_serve)
SERVED_BY(file_list, struct hc_file_list, file_call_list)
SERVED_BY(path, struct hc_path, path_call_serve)

static enum hypercall_verdict serve_time_zone(struct call *call, struct hc_time_zone *block)
{
  if (memchr(block->name, '\0', sizeof(block->name)) == NULL)
    return call_broken(call, "a name without an end");
  /* What a program does not say that it needs the sandbox keeps from it, by its end. */
  if ((call->vm->image.needs & UHYVE_NEEDS_TIME_ZONES) == 0)
  {
    block->result = -EACCES;
    return HYPERCALL_CONTINUE;
  }
  char rule[HC_TIME_ZONE_BYTES];
  block->result = time_zone_rule((const char *) block->name, rule);
  if (block->result == 0)
    memcpy(block->name, rule, sizeof(rule));
  return HYPERCALL_CONTINUE;
}

static enum hypercall_verdict serve_terminal(struct call *call, struct hc_terminal *block)
{
  return terminal_serve(&call->vm->streams, block, call->message) ? HYPERCALL_CONTINUE
                                                                  : HYPERCALL_BROKEN;
}

static enum hypercall_verdict serve_signals(struct call *call, struct hc_signals *block)
{
  return guest_signals_serve(block, call->message) ? HYPERCALL_CONTINUE : HYPERCALL_BROKEN;
}

/* One adapter a call gives its handler the block's own type. */
#define ADAPTER(name, port, block, purpose)                                 \
  static enum hypercall_verdict adapt_##name(struct call *call, void *copy) \
  {                                                                         \
    return serve_##name(call, (block *) copy);                              \
  }
HYPERCALLS(ADAPTER)
#undef ADAPTER

struct row
{
  const char *name; /* null: no such call */
  size_t block_bytes;
  enum hypercall_verdict (*serve)(struct call *call, void *copy);
};

#define ROW(name, port, block, purpose) \
  [((port) -HC_PORT_FIRST) / HC_PORT_STEP] = {#name, sizeof(block), adapt_##name},
static const struct row table[HYPERCALL_PORTS] = {HYPERCALLS(ROW)};
#undef ROW

static const struct row *find_row(uint16_t port)
{
  if (port < HC_PORT_FIRST || port >= HC_PORT_END || (port - HC_PORT_FIRST) % HC_PORT_STEP != 0)
    return NULL;
  const struct row *row = &table[(port - HC_PORT_FIRST) / HC_PORT_STEP];
  return row->name != NULL ? row : NULL;
}

const char *hypercall_name(uint16_t port)
{
  const struct row *row = find_row(port);
  return row != NULL ? row->name : NULL;
}

enum hypercall_verdict hypercall_serve(struct vm *vm, unsigned int cpu, uint16_t port,
                                       uint64_t block_gpa, char message[static 256])
{
  const struct row *row = find_row(port);
  if (row == NULL)
  {
    snprintf(message, 256, "there is no hypercall at port 0x%x", port);
    return HYPERCALL_BROKEN;
  }
  void *in_guest = guest_memory_access(&vm->memory, block_gpa, row->block_bytes, GUEST_READ_WRITE);
  if (in_guest == NULL || block_gpa % GUEST_PAGE_BYTES + row->block_bytes > GUEST_PAGE_BYTES)
  {
    snprintf(message, 256,
             "hypercall %s: the block at 0x%llx is not memory the guest may write, within one page",
             row->name, (unsigned long long) block_gpa);
    return HYPERCALL_BROKEN;
  }
  _Alignas(HC_BLOCK_ALIGN) uint8_t copy[HC_BLOCK_ALIGN];
  memcpy(copy, in_guest, row->block_bytes);
  struct call call = {.vm = vm, .cpu = cpu, .name = row->name, .message = message};
  enum hypercall_verdict verdict = row->serve(&call, copy);
  if (verdict == HYPERCALL_CONTINUE)
    memcpy(in_guest, copy, row->block_bytes);
  return verdict;
}
