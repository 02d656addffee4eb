/* Tells the monitor of a crash; the monitor prints the report and ends the guest. */
#include "crash.h"

#include <signal.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/registers.h"
#include "fs/file_system.h"
#include "hypercall.h"
#include "libc/rescue.h"
#include "mm/address.h"
#include "net/stack/ending.h"

/* Those for which Linux dumps core. */
#define BIT(number) (1ull << ((number) -1))
#define SIGNALS_REPORTED                                                                  \
  (BIT(SIGQUIT) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGABRT) | BIT(SIGBUS) | BIT(SIGFPE) | \
   BIT(SIGSEGV) | BIT(SIGXCPU) | BIT(SIGXFSZ) | BIT(SIGSYS))

bool crash_has_begun;

static void rescue_files(void)
{
  if (host_rescue != NULL)
    host_rescue();
}

/* No more happens by default. */
static _Noreturn void end_by_signal(int signal)
{
  HC_BLOCK(struct hc_exit) block = {.signal = (uint32_t) signal};
  rescue_files();
  if (net_end_by_signal != NULL)
    net_end_by_signal();
  for (;;)
    hypercall(HC_exit, &block);
}

/* A thread that goes on while exit() waits for connections does not change what that has said. */
static void end_if_ending(void)
{
  int status;
  if (!net_is_ending(&status))
    return;
  rescue_files();
  HC_BLOCK(struct hc_exit) block = {.status = status};
  for (;;)
    hypercall(HC_exit, &block);
}

_Noreturn void crash_report(const struct crash *crash)
{
  if (crash->cause != HC_CRASH_KERNEL && net_is_ending != NULL)
    end_if_ending();
  if (crash->cause == HC_CRASH_SIGNAL && (SIGNALS_REPORTED & BIT(crash->signal)) == 0)
    end_by_signal(crash->signal);
  crash_has_begun = true;
  /* Before the first thing that might wait for a file, and what that has left there. */
  rescue_files();
  libc_rescue_output();
  rescue_files();
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
