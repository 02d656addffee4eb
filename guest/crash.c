/* Tells the monitor of a crash; the monitor prints the report and ends the guest. */
#include "crash.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/registers.h"
#include "fs/file_system.h"
#include "hypercall.h"
#include "libc/rescue.h"
#include "mm/address.h"

_Noreturn void crash_report(const struct crash *crash)
{
  /* Before the first thing that might wait for a file, and what that has left there. */
  if (host_rescue != NULL)
    host_rescue();
  libc_rescue_output();
  if (host_rescue != NULL)
    host_rescue();
  HC_BLOCK(struct hc_crash)
  block = {
      .cause = crash->cause,
      .signal = (uint32_t) crash->signal,
      .vector = crash->vector,
      .error_code = crash->error_code,
      .fault_gva = crash->fault_gva,
      .cpu = crash->cpu,
      .regs = crash->regs,
  };
  if (crash->message != NULL)
  {
    while (block.message_len_bytes < HC_MAX_MESSAGE_BYTES &&
           crash->message[block.message_len_bytes] != '\0')
      block.message_len_bytes++;
    block.message_gpa = address_to_gpa(crash->message, ADDRESS_READ);
  }
  for (;;)
    hypercall(HC_crash, &block);
}

_Noreturn void crash_by_signal(int signal, const char *message)
{
  struct crash crash = {
      .cause = HC_CRASH_SIGNAL, .signal = signal, .cpu = cpu_this()->area.cpu, .message = message};
  registers_capture(&crash.regs);
  crash_report(&crash);
}

_Noreturn void panic(const char *message)
{
  struct crash crash = {.cause = HC_CRASH_KERNEL, .cpu = cpu_this()->area.cpu, .message = message};
  registers_capture(&crash.regs);
  crash_report(&crash);
}
