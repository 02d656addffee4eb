/* Waiting for the console: for input, and for room. Until its interrupt has once been seen to come,
 * a timer looks while somebody waits, more often when something has come lately: a serial line has
 * room for 16 bytes. */
#include "bare/line_input.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>

#include "arch/x86_64/cpu.h"
#include "bare/console.h"
#include "bare/serial_terminal.h"
#include "mm/address.h"
#include "sched/spinlock.h"
#include "sched/timer.h"

#define LOOK_SOON_NS  1000000ull
#define LOOK_LATER_NS 10000000ull
#define SOON_LOOKS    1000 /* so many looks without anything, and the next ones are later */

static struct spinlock lock;
static struct timer timer;
static unsigned int looks;
static bool has_interrupts;
static bool is_read, is_written; /* somebody waits for input, for room */
static uint32_t told;            /* interrupts that are this file's own */

/* Whether somebody is to be told. Keys may send signals, whatever is waited for. */
static bool has_changed(void)
{
  bool has_come = terminal_look() && is_read;
  bool has_room = is_written && terminal_has_room();
  is_read = is_read && !has_come;
  is_written = is_written && !has_room;
  return has_come || has_room;
}

/* As the monitor's interrupt. */
static void tell(const struct percpu *cpu)
{
  __atomic_add_fetch(&told, 1, __ATOMIC_RELAXED);
  nucleus_call(NUCLEUS_IPI, cpu_apic_id(cpu->area.cpu), UHYVE_VECTOR_STREAM);
}

static uint64_t next_look_tsc(void)
{
  if (looks < SOON_LOOKS)
    looks++;
  return cpu_tsc() + clock_cycles_of_ns(looks < SOON_LOOKS ? LOOK_SOON_NS : LOOK_LATER_NS);
}

static void look_again(struct timer *expired, struct percpu *cpu)
{
  spinlock_lock(&lock);
  bool has_come = has_changed();
  if (has_come)
    looks = 0;
  else if (!has_interrupts)
    timer_set(cpu, expired, next_look_tsc());
  spinlock_unlock(&lock);
  if (has_come)
    tell(cpu);
}

void line_input_begin(void)
{
  uint32_t was_masked = cpu_mask_save();
  has_interrupts = false; /* one so far may be of a device that is not the console */
  console_ask_interrupt();
  cpu_mask_restore(was_masked);
}

void line_input_interrupt(void)
{
  spinlock_lock(&lock);
  if (__atomic_load_n(&told, __ATOMIC_RELAXED) != 0)
    __atomic_sub_fetch(&told, 1, __ATOMIC_RELAXED);
  else
    has_interrupts = true;
  terminal_interrupt();
  /* Whoever waits is woken by this interrupt, looks, and asks for the next one if it needs it: only
   * here, as another who finds room would else take away what they have asked for. */
  console_ask_no_room();
  spinlock_unlock(&lock);
}

void line_input_read(struct hc_io *call)
{
  bool is_over = false;
  call->result = 0;
  for (uint32_t i = 0; i < call->segments && !is_over; i++)
  {
    const struct hc_segment *segment = &call->segment[i];
    int64_t moved = terminal_read(address_of_gpa(segment->gpa), segment->len_bytes, &is_over);
    if (moved > 0)
      call->result += moved;
    else if (i == 0)
      call->result = moved;
  }
}

static void watch(struct percpu *cpu, enum hc_event event)
{
  spinlock_lock(&lock);
  is_read = is_read || event == HC_EVENT_READ;
  is_written = is_written || event == HC_EVENT_WRITE;
  bool has_come = has_changed();
  if (!has_come && !has_interrupts && !timer.is_set)
  {
    timer.expire = look_again;
    timer_set(cpu, &timer, next_look_tsc());
    timer_arm(cpu, timer.node.key);
  }
  spinlock_unlock(&lock);
  if (has_come)
    tell(cpu);
}

void line_input_watch(struct hc_watch *call)
{
  struct percpu *cpu = cpu_this();
  call->result = 0;
  if (call->event == HC_EVENT_LOOK)
    call->result = (terminal_has_room() ? POLLOUT : 0) | (terminal_look() ? POLLIN : 0);
  else if (call->event == HC_EVENT_READ || call->event == HC_EVENT_WRITE)
    watch(cpu, call->event);
}
