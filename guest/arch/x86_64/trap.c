/* Upcalls in ring 3: runs interrupt handlers, turns exceptions into crashes.
 *
 * Code here runs on the upcall stack with the task's vector registers live: it is built for
 * general registers only.
 */
#include "trap.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "crash.h"
#include "start_info.h"

enum
{
  VECTOR_DIVIDE = 0,
  VECTOR_DEBUG = 1,
  VECTOR_BREAKPOINT = 3,
  VECTOR_INVALID_OPCODE = 6,
  VECTOR_PAGE_FAULT = 14,
  VECTOR_X87 = 16,
  VECTOR_ALIGNMENT = 17,
  VECTOR_SIMD = 19,
};

#define SYSCALL_BYTES 2

/* In start.S; LSTAR points there. */
extern const char syscall_entry[];

void interrupts_run_pending(struct uhyve_upcall_area *area)
{
  __atomic_store_n(&area->pending, 0, __ATOMIC_SEQ_CST);
  for (size_t i = 0; i < 4; i++)
  {
    /* The timer has nothing to do but end NUCLEUS_IDLE, and it is the only source. */
    __atomic_exchange_n(&area->pending_vectors[i], 0, __ATOMIC_SEQ_CST);
  }
}

/* What Linux sends for the exception (arch/x86/kernel/traps.c). */
static int exception_signal(uint32_t vector)
{
  switch (vector)
  {
  case VECTOR_DIVIDE:
  case VECTOR_X87:
  case VECTOR_SIMD:
    return SIGFPE;
  case VECTOR_DEBUG:
  case VECTOR_BREAKPOINT:
    return SIGTRAP;
  case VECTOR_INVALID_OPCODE:
    return SIGILL;
  case VECTOR_ALIGNMENT:
    return SIGBUS;
  default:
    return SIGSEGV;
  }
}

static bool is_stack_overflow(uint64_t gva)
{
  const struct uhyve_start_info *info = start_info;
  return gva < info->stack_gva && info->stack_gva - gva <= info->stack_guard_bytes;
}

static void exception_crash(const struct uhyve_upcall_area *area, uint32_t vector,
                            const struct trap_registers *regs)
{
  struct crash crash = {
      .cause = HC_CRASH_EXCEPTION,
      .cpu = area->cpu,
      .signal = exception_signal(vector),
      .vector = vector,
      .error_code = area->error_code,
      .regs = {.rax = regs->rax,
               .rcx = regs->rcx,
               .rdx = regs->rdx,
               .rbx = regs->rbx,
               .rsp = area->rsp,
               .rbp = regs->rbp,
               .rsi = regs->rsi,
               .rdi = regs->rdi,
               .r8 = regs->r8,
               .r9 = regs->r9,
               .r10 = regs->r10,
               .r11 = regs->r11,
               .r12 = regs->r12,
               .r13 = regs->r13,
               .r14 = regs->r14,
               .r15 = regs->r15,
               .rip = area->rip,
               .rflags = area->rflags},
  };
  /* A `syscall` that the host let through has left its own address behind in rcx. */
  if (area->rip == (uint64_t) syscall_entry)
    crash.regs.rip = regs->rcx - SYSCALL_BYTES;
  if (vector == VECTOR_PAGE_FAULT)
  {
    crash.fault_gva = area->fault_gva;
    if (is_stack_overflow(area->fault_gva))
      crash.cause = HC_CRASH_STACK_OVERFLOW;
  }
  crash_report(&crash);
}

void upcall_dispatch(struct trap_registers *regs, struct uhyve_upcall_area *area)
{
  uint32_t vector = area->exception;
  if (vector != UHYVE_NO_EXCEPTION)
  {
    area->exception = UHYVE_NO_EXCEPTION;
    exception_crash(area, vector, regs);
  }
  /* An exception of masked code: what is pending waits until that code lets it in. */
  if (area->was_masked == 0)
    interrupts_run_pending(area);
}
