/* Input of the serial line. While somebody waits for it a timer looks, more often when something
 * has come lately: the line has room for 16 bytes. */
#include "bare/line_input.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>

#include "arch/x86_64/cpu.h"
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

/* As the monitor's interrupt. */
static void tell(const struct percpu *cpu)
{
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
  bool has_come = terminal_look();
  if (has_come)
    looks = 0;
  else
    timer_set(cpu, expired, next_look_tsc());
  spinlock_unlock(&lock);
  if (has_come)
    tell(cpu);
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

static void watch_input(struct percpu *cpu)
{
  spinlock_lock(&lock);
  bool has_come = terminal_look();
  if (!has_come && !timer.is_set)
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
    call->result = POLLOUT | (terminal_look() ? POLLIN : 0);
  else if (call->event == HC_EVENT_READ)
    watch_input(cpu);
  else if (call->event == HC_EVENT_WRITE)
    tell(cpu);
}
