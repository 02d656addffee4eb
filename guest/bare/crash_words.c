/* What a crash was, for people, where no monitor says it. There are no symbols in memory: places
 * are addresses, as addr2line takes them. */
#include "bare/crash_words.h"

#include <stdbool.h>

#include "bare/console.h"
#include "hypercalls/exception_words.h"
#include "mm/address.h"
#include "start_info.h"

#define SIGNAL_MAX 64

/* ---- The cause: in the words of the monitor (uhyve/crash_cause.c) ---- */

static const char *signal_text(uint32_t signal)
{
  static const char *const texts[] = {
      [3] = "quit (SIGQUIT)",
      [4] = "illegal instruction (SIGILL)",
      [5] = "trace trap (SIGTRAP)",
      [6] = "aborted (SIGABRT)",
      [7] = "bus error (SIGBUS)",
      [8] = "arithmetic error (SIGFPE)",
      [11] = "bad access (SIGSEGV)",
      [24] = "CPU time limit exceeded (SIGXCPU)",
      [25] = "file size limit exceeded (SIGXFSZ)",
      [31] = "bad system call (SIGSYS)",
  };
  return signal < sizeof(texts) / sizeof(texts[0]) ? texts[signal] : NULL;
}

static void print_address(uint64_t gva)
{
  console_print("0x");
  console_print_hex(gva);
}

static void print_page_fault(const struct hc_crash *crash)
{
  console_print("bad access: ");
  console_print(page_fault_access(crash->error_code));
  console_print(" ");
  print_address(crash->fault_gva);
  console_print(" (");
  console_print(page_fault_reason(crash->error_code, crash->fault_gva));
  console_print(")");
}

static void print_or_number(const char *text, const char *kind, uint32_t number)
{
  if (text != NULL)
  {
    console_print(text);
    return;
  }
  console_print(kind);
  console_print_number(number, 10);
}

static void print_exception(const struct hc_crash *crash)
{
  if (crash->vector == EXCEPTION_PAGE_FAULT)
  {
    print_page_fault(crash);
    return;
  }
  print_or_number(exception_words(crash->vector), "exception ", crash->vector);
  if (crash->error_code == 0)
    return;
  console_print(" (error code 0x");
  console_print_number(crash->error_code, 16);
  console_print(")");
}

static void print_cause(const struct hc_crash *crash)
{
  const char *const *arguments = (const char *const *) start_info->argv_gva;
  console_print("uhyve: ");
  console_print(start_info->argc > 0 ? arguments[0] : "program");
  console_print(": ");
  switch (crash->cause)
  {
  case HC_CRASH_EXCEPTION:
    print_exception(crash);
    break;
  case HC_CRASH_SIGNAL:
    print_or_number(signal_text(crash->signal), "ended by signal ", crash->signal);
    break;
  case HC_CRASH_STACK_OVERFLOW:
    console_print("stack overflow at ");
    print_address(crash->fault_gva);
    break;
  default:
    console_print("kernel library failure");
    break;
  }
  if (crash->message_len_bytes > 0 && crash->message_gpa != ADDRESS_UNMAPPED)
  {
    console_print(": ");
    console_write(address_of_gpa(crash->message_gpa), crash->message_len_bytes);
  }
  console_print("\n");
}

/* ---- Registers ---- */

static void print_registers(const struct hc_registers *r)
{
  const struct
  {
    const char *name;
    uint64_t value;
  } rows[] = {
      {"rax ", r->rax}, {"rbx ", r->rbx}, {"rcx ", r->rcx},    {"rdx ", r->rdx}, {"rsi ", r->rsi},
      {"rdi ", r->rdi}, {"rbp ", r->rbp}, {"rsp ", r->rsp},    {"r8  ", r->r8},  {"r9  ", r->r9},
      {"r10 ", r->r10}, {"r11 ", r->r11}, {"r12 ", r->r12},    {"r13 ", r->r13}, {"r14 ", r->r14},
      {"r15 ", r->r15}, {"rip ", r->rip}, {"flg ", r->rflags},
  };
  console_print("  registers:");
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
  {
    console_print(i % 4 == 0 ? "\n    " : "  ");
    console_print(rows[i].name);
    console_print_hex(rows[i].value);
  }
  console_print("\n");
}

/* ---- Return addresses ---- */

#define MOST_WORDS     2048
#define MOST_ADDRESSES 32
#define CALL_NEAR      0xe8
#define CALL_INDIRECT  0xff /* /2 */

extern const char __uhyve_nucleus_end[], __uhyve_text_end[];

static bool may_read(uint64_t gva)
{
  return address_to_gpa((const void *) gva, ADDRESS_READ) != ADDRESS_UNMAPPED; /* NOLINT */
}

static bool is_indirect_call(const uint8_t *at, uint8_t modrm)
{
  return at[0] == CALL_INDIRECT && (modrm >> 3 & 7) == 2;
}

/* Whether there is a call right before. */
static bool is_return_address(uint64_t gva)
{
  const uint8_t *at = (const uint8_t *) gva; /* NOLINT(performance-no-int-to-ptr) */
  if (gva < (uint64_t) __uhyve_nucleus_end + 8 || gva >= (uint64_t) __uhyve_text_end)
    return false;
  if (at[-5] == CALL_NEAR)
    return true;
  for (int bytes = 2; bytes <= 7; bytes++)
  {
    if (is_indirect_call(at - bytes, at[1 - bytes]))
      return true;
  }
  return false;
}

static void print_number_of(unsigned int number, uint64_t gva)
{
  console_print("    #");
  console_print_number(number, 10);
  console_print(" ");
  print_address(gva);
  console_print("\n");
}

/* Without call frame information: whatever on the stack is one, those of calls that are over too.
 */
static void print_backtrace(const struct hc_registers *registers)
{
  uint64_t at = registers->rsp & ~7ull;
  unsigned int count = 1;
  console_print("  backtrace, by what the stack has (for addr2line):\n");
  print_number_of(0, registers->rip);
  for (unsigned int i = 0; i < MOST_WORDS && count < MOST_ADDRESSES; i++, at += 8)
  {
    if ((i == 0 || at % PAGE_BYTES == 0) && !may_read(at))
      break;
    uint64_t word = *(const uint64_t *) at; /* NOLINT(performance-no-int-to-ptr) */
    if (is_return_address(word))
      print_number_of(count++, word);
  }
  console_print("  image at ");
  print_address(start_info->image_gva);
  console_print("\n");
}

int crash_words_print(const struct hc_crash *crash)
{
  print_cause(crash);
  console_print("  at ");
  print_address(crash->regs.rip);
  if (start_info->cpu_count > 1)
  {
    console_print(" on CPU ");
    console_print_number(crash->cpu, 10);
  }
  console_print("\n");
  print_registers(&crash->regs);
  print_backtrace(&crash->regs);
  bool is_known = crash->cause >= HC_CRASH_EXCEPTION && crash->cause <= HC_CRASH_STACK_OVERFLOW &&
                  crash->signal >= 1 && crash->signal <= SIGNAL_MAX;
  return is_known ? 128 + (int) crash->signal : 126;
}
