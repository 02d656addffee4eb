/* Hypercalls where there is no monitor. */
#include "bare/calls.h"

#include <errno.h>
#include <stddef.h>

#include "arch/x86_64/port_io.h"
#include "bare/console.h"
#include "mm/address.h"

#define PORT_DEBUG_EXIT 0xf4 /* QEMU's isa-debug-exit */

/* Ends the machine, by what there is. */
static _Noreturn void end(int status)
{
  console_print("uhyve: ended with status ");
  console_print_number((uint64_t) status, 10);
  console_print("\n");
  port_write8(PORT_DEBUG_EXIT, (uint8_t) status);
  for (;;)
    ;
}

static void write_segments(struct hc_io *io)
{
  io->result = 0;
  for (uint32_t i = 0; i < io->segments; i++)
  {
    console_write(address_of_gpa(io->segment[i].gpa), io->segment[i].len_bytes);
    io->result += (int64_t) io->segment[i].len_bytes;
  }
}

static _Noreturn void report_crash(const struct hc_crash *crash)
{
  console_print("uhyve: crash: signal ");
  console_print_number(crash->signal, 10);
  console_print(", vector ");
  console_print_number(crash->vector, 10);
  console_print(", address 0x");
  console_print_number(crash->fault_gva, 16);
  console_print(", at 0x");
  console_print_number(crash->regs.rip, 16);
  console_print("\n");
  if (crash->message_len_bytes > 0)
  {
    console_write(address_of_gpa(crash->message_gpa), crash->message_len_bytes);
    console_print("\n");
  }
  end(crash->cause == HC_CRASH_KERNEL ? 126 : 128 + (int) crash->signal);
}

void bare_call(enum hc_port port, void *block)
{
  switch (port)
  {
  case HC_exit:
  {
    const struct hc_exit *call = block;
    end(call->signal != 0 ? 128 + (int) call->signal : call->status & 0xff);
  }
  case HC_crash:
    report_crash(block);
  case HC_write:
    write_segments(block);
    break;
  case HC_read:
    ((struct hc_io *) block)->result = 0;
    break;
  case HC_memory:
    ((struct hc_memory *) block)->result = -ENOMEM;
    break;
  case HC_discard:
    ((struct hc_discard *) block)->result = -ENOSYS;
    break;
  default:
    break;
  }
}
