/* The report a user reads when a guest has crashed, and the exit status that goes with it. */
#ifndef UHYVE_CRASH_REPORT_H
#define UHYVE_CRASH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "backtrace.h"

struct hc_crash;
struct hc_nucleus_frame;
struct guest_threads;
struct hc_registers;
struct symbols;

/* One of 'crash', 'nucleus' and 'broken' is set. All they hold comes from the guest and may be
 * nonsense. */
struct crash_report_input
{
  const char *program;
  const struct hc_crash *crash; /* a copy of the hypercall's block */

  const struct hc_nucleus_frame *nucleus;       /* a copy of the frame of a nucleus failure */
  const struct hc_registers *nucleus_registers; /* rip, rsp and rflags are the frame's */
  uint64_t nucleus_fault_gva;                   /* CR2 */
  uint32_t nucleus_cpu;

  const char *broken; /* how the guest broke the interface */
  const struct hc_registers *broken_registers;
  uint32_t broken_cpu;

  uint32_t cpu_count;
  const char *message; /* the guest's text, not terminated, or NULL */
  size_t message_len_bytes;

  const struct guest_threads *threads; /* NULL: not known */
  bool all_threads;                    /* backtraces of all of them */

  struct symbols *symbols; /* NULL: no names, no backtrace */
  backtrace_read_fn read;  /* NULL: no backtrace */
  void *read_context;
};

/* Prints the report in one write, so that it does not mix with other output. */
void crash_report_print(FILE *out, const struct crash_report_input *input);

/* Where it happened. */
struct hc_registers crash_report_registers(const struct crash_report_input *input);

/* 128 + signal; 126 for a failure of the kernel library and for a block that breaks the rules. */
int crash_report_status(const struct hc_crash *crash);

#endif
