/* The first line of a crash report: what happened, in words. */
#include "crash_cause.h"

#include <inttypes.h>
#include <string.h>

#include "crash_report.h"
#include "exit_status.h"
#include "hypercalls/exception_words.h"
#include "hypercalls/hypercalls.h"

#define SIGNAL_MAX     64
#define MAX_TEXT_BYTES 1024 /* of a name from the ELF file */

/* Linux's signals on x86, whatever the host's C library calls them. */
static const struct
{
  const char *name;
  const char *text;
} signal_text[] = {
    [1] = {"SIGHUP", "hung up"},
    [2] = {"SIGINT", "interrupted"},
    [3] = {"SIGQUIT", "quit"},
    [4] = {"SIGILL", "illegal instruction"},
    [5] = {"SIGTRAP", "trace trap"},
    [6] = {"SIGABRT", "aborted"},
    [7] = {"SIGBUS", "bus error"},
    [8] = {"SIGFPE", "arithmetic error"},
    [9] = {"SIGKILL", "killed"},
    [10] = {"SIGUSR1", "user signal 1"},
    [11] = {"SIGSEGV", "bad access"},
    [12] = {"SIGUSR2", "user signal 2"},
    [13] = {"SIGPIPE", "broken pipe"},
    [14] = {"SIGALRM", "alarm clock"},
    [15] = {"SIGTERM", "terminated"},
    [16] = {"SIGSTKFLT", "stack fault"},
    [24] = {"SIGXCPU", "CPU time limit exceeded"},
    [25] = {"SIGXFSZ", "file size limit exceeded"},
    [26] = {"SIGVTALRM", "virtual timer expired"},
    [27] = {"SIGPROF", "profiling timer expired"},
    [29] = {"SIGIO", "I/O possible"},
    [30] = {"SIGPWR", "power failure"},
    [31] = {"SIGSYS", "bad system call"},
};

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

int crash_report_status(const struct hc_crash *crash)
{
  if (crash->cause < HC_CRASH_EXCEPTION || crash->cause > HC_CRASH_STACK_OVERFLOW)
    return STATUS_BROKEN;
  if (crash->signal < 1 || crash->signal > SIGNAL_MAX)
    return STATUS_BROKEN;
  return STATUS_SIGNAL + (int) crash->signal;
}

void crash_put_text(FILE *out, const char *text, size_t len_bytes)
{
  for (size_t i = 0; i < len_bytes; i++)
  {
    unsigned char c = (unsigned char) text[i];

    if (c >= 0x20 && c < 0x7f)
      fputc(c, out);
    else
      fprintf(out, "\\x%02x", c);
  }
}

void crash_put_string(FILE *out, const char *string)
{
  crash_put_text(out, string, strnlen(string, MAX_TEXT_BYTES));
}

static void put_page_fault(FILE *out, uint64_t error_code, uint64_t gva)
{
  fprintf(out, "%s 0x%016" PRIx64 " (%s)", page_fault_access(error_code), gva,
          page_fault_reason(error_code, gva));
}

static void put_exception(FILE *out, uint64_t vector, uint64_t error_code)
{
  const char *words = exception_words(vector);
  if (words != NULL)
    fputs(words, out);
  else
    fprintf(out, "exception %" PRIu64, vector);
  if (error_code != 0)
    fprintf(out, " (error code 0x%" PRIx64 ")", error_code);
}

static void put_signal(FILE *out, uint32_t signal)
{
  if (signal < ARRAY_LEN(signal_text) && signal_text[signal].name != NULL)
    fprintf(out, "%s (%s)", signal_text[signal].text, signal_text[signal].name);
  else if (signal >= 1 && signal <= SIGNAL_MAX)
    fprintf(out, "ended by signal %" PRIu32, signal);
  else
    fprintf(out, "ended by signal %" PRIu32 ", which does not exist", signal);
}

static void put_crash(FILE *out, const struct hc_crash *crash)
{
  switch (crash->cause)
  {
  case HC_CRASH_EXCEPTION:
    if (crash->vector == EXCEPTION_PAGE_FAULT)
    {
      fputs("bad access: ", out);
      put_page_fault(out, crash->error_code, crash->fault_gva);
    }
    else
      put_exception(out, crash->vector, crash->error_code);
    break;
  case HC_CRASH_SIGNAL:
    put_signal(out, crash->signal);
    break;
  case HC_CRASH_STACK_OVERFLOW:
    fprintf(out, "stack overflow at 0x%016" PRIx64, crash->fault_gva);
    break;
  case HC_CRASH_KERNEL:
    fputs("kernel library failure", out);
    break;
  default:
    fprintf(out, "crash of unknown cause %" PRIu32, crash->cause);
    break;
  }
}

static void put_nucleus_failure(FILE *out, const struct hc_nucleus_frame *frame, uint64_t fault_gva)
{
  fputs("the nucleus failed: ", out);
  if (frame->vector == EXCEPTION_PAGE_FAULT)
  {
    fputs("page fault: ", out);
    put_page_fault(out, frame->error_code, fault_gva);
  }
  else
    put_exception(out, frame->vector, frame->error_code);
  fprintf(out, " in ring %u", (unsigned) (frame->cs & 3));
}

void crash_put_cause(FILE *out, const struct crash_report_input *input)
{
  fputs("uhyve: ", out);
  crash_put_string(out, input->program);
  fputs(": ", out);
  if (input->nucleus != NULL)
    put_nucleus_failure(out, input->nucleus, input->nucleus_fault_gva);
  else if (input->broken != NULL)
  {
    fputs("the guest broke the interface: ", out);
    crash_put_string(out, input->broken);
  }
  else
    put_crash(out, input->crash);
  if (input->message != NULL && input->message_len_bytes > 0)
  {
    fputs(": ", out);
    crash_put_text(out, input->message, input->message_len_bytes);
  }
  fputc('\n', out);
}
