/* The end of a guest that cannot go on. */
#ifndef GUEST_CRASH_H
#define GUEST_CRASH_H

#include <stdbool.h>
#include <stdint.h>

#include "hypercalls/hypercalls.h"

struct crash
{
  enum hc_crash_cause cause;
  int signal;
  uint32_t cpu;
  uint32_t vector;
  uint32_t error_code;
  uint64_t fault_gva;
  const char *message; /* or null */
  struct hc_registers regs;
};

/* Writes out what standard output still holds, tells the monitor, ends the guest. Signals for which
 * Linux dumps no core end it without a word, and leave that output alone. */
extern bool crash_has_begun;
_Noreturn void crash_report(const struct crash *crash);

/* The program ends by a signal of its own, as abort() does. message: why, or null. */
_Noreturn void crash_by_signal(int signal, const char *message);

/* An invariant of the kernel library is broken: status 126. */
_Noreturn void panic(const char *message);

#endif
