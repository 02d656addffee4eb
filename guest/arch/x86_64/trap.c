/* Upcalls in ring 3: runs interrupt handlers, brings in pages, turns other exceptions into crashes.
 *
 * Code here runs on the upcall stack with the task's vector registers live: it is built for
 * general registers only.
 */
#include "trap.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/trampoline.h"
#include "arch/x86_64/vector_state.h"
#include "bare/pci.h"
#include "crash.h"
#include "hypercalls/start_info.h"
#include "mm/virtual.h"
#include "net/driver/attention.h"
#include "posix/stream_io.h"
#include "sched/realtime.h"
#include "sched/sched.h"
#include "signal/delivery.h"

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

/* Error code of a page fault: Intel SDM vol. 3A (June 2023), 4.7. */
#define FAULT_PRESENT 1u
#define FAULT_WRITE   2u
#define FAULT_FETCH   16u

/* In start.S; LSTAR points there. */
extern const char syscall_entry[];

static void handle(struct percpu *cpu, unsigned int vector)
{
  if (vector == UHYVE_VECTOR_TIMER)
  {
    cpu->area.counters.timer_interrupts++;
    sched_handle_timer(cpu);
    return;
  }
  cpu->area.counters.other_interrupts++;
  if (vector == UHYVE_VECTOR_WAKE)
    sched_handle_wake(cpu);
  else if (vector == UHYVE_VECTOR_STREAM)
    stream_interrupt();
  else if (vector == UHYVE_VECTOR_NETWORK && net_interrupt != NULL)
    net_interrupt();
  else if (vector == UHYVE_VECTOR_LINK && net_link_interrupt != NULL)
    net_link_interrupt();
  else if (vector == UHYVE_VECTOR_SIGNAL && signal_interrupt != NULL)
    signal_interrupt();
  else if (vector >= UHYVE_VECTOR_SOURCES && vector < UHYVE_VECTOR_END)
    realtime_interrupt(cpu, vector - UHYVE_VECTOR_SOURCES);
  else if (vector == UHYVE_VECTOR_LINE)
    pci_line_interrupt();
}

void interrupts_run(struct percpu *cpu)
{
  __atomic_store_n(&cpu->area.pending, 0, __ATOMIC_RELAXED);
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  for (unsigned int i = 0; i < 4; i++)
  {
    /* One instruction each: the nucleus may set bits at any time. */
    uint64_t *bits = &cpu->area.pending_vectors[i];
    uint64_t vectors = *bits != 0 ? __atomic_exchange_n(bits, 0, __ATOMIC_SEQ_CST) : 0;
    for (; vectors != 0; vectors &= vectors - 1)
      handle(cpu, 64 * i + (unsigned int) __builtin_ctzll(vectors));
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

/* What siginfo_t calls an exception of computing: as Linux, invalid before inexact. */
static int computing_code(bool is_x87)
{
  unsigned int raised = vector_exceptions(is_x87);
  if ((raised & 1) != 0)
    return FPE_FLTINV;
  if ((raised & 4) != 0)
    return FPE_FLTDIV;
  if ((raised & 8) != 0)
    return FPE_FLTOVF;
  if ((raised & 18) != 0)
    return FPE_FLTUND;
  return (raised & 32) != 0 ? FPE_FLTRES : 0;
}

/* What Linux tells of the exception. mapped: what came of bringing in a page. */
static struct signal_fault describe(const struct uhyve_upcall_area *area, uint32_t vector,
                                    enum virtual_fault_result mapped)
{
  struct signal_fault fault = {.number = exception_signal(vector),
                               .code = SI_KERNEL,
                               .vector = vector,
                               .error_code = area->error_code};
  switch (vector)
  {
  case VECTOR_DIVIDE:
    fault.code = FPE_INTDIV;
    break;
  case VECTOR_X87:
  case VECTOR_SIMD:
    fault.code = computing_code(vector == VECTOR_X87);
    break;
  case VECTOR_DEBUG:
    fault.code = TRAP_TRACE;
    break;
  case VECTOR_INVALID_OPCODE:
    fault.code = ILL_ILLOPN;
    break;
  case VECTOR_ALIGNMENT:
    fault.code = BUS_ADRALN;
    return fault;
  case VECTOR_PAGE_FAULT:
    fault.code = mapped == FAULT_FORBIDDEN || (area->error_code & FAULT_PRESENT) != 0 ? SEGV_ACCERR
                                                                                      : SEGV_MAPERR;
    if (mapped == FAULT_BEYOND)
    {
      fault.number = SIGBUS;
      fault.code = BUS_ADRERR;
    }
    fault.address_gva = area->fault_gva;
    fault.fault_gva = area->fault_gva;
    return fault;
  default:
    return fault;
  }
  fault.address_gva = area->rip;
  return fault;
}

struct hc_registers trap_interrupted(const struct trap_registers *regs,
                                     const struct uhyve_upcall_area *area)
{
  return (struct hc_registers){.rax = regs->rax,
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
                               .rflags = area->rflags};
}

static void exception_crash(const struct uhyve_upcall_area *area, uint32_t vector,
                            const struct trap_registers *regs, enum virtual_fault_result mapped)
{
  struct crash crash = {
      .cause = HC_CRASH_EXCEPTION,
      .cpu = area->cpu,
      .signal = mapped == FAULT_BEYOND ? SIGBUS : exception_signal(vector),
      .vector = vector,
      .error_code = area->error_code,
      .regs = trap_interrupted(regs, area),
  };
  if (vector == VECTOR_PAGE_FAULT)
  {
    crash.fault_gva = area->fault_gva;
    if (task_guard_hit(area->fault_gva))
      crash.cause = HC_CRASH_STACK_OVERFLOW;
  }
  crash_report(&crash);
}

static enum virtual_fault_result handle_page_fault(struct uhyve_upcall_area *area)
{
  unsigned int access = PAGING_READ;
  if ((area->error_code & FAULT_WRITE) != 0)
    access = PAGING_WRITE;
  else if ((area->error_code & FAULT_FETCH) != 0)
    access = PAGING_EXECUTE;
  enum virtual_fault_result result = virtual_fault(area->fault_gva, access);
  if (result == FAULT_MAPPED)
    area->counters.page_faults++;
  return result;
}

/* An exception that nothing mends: a handler of its signal, or the end of the program. Returns for
 * a handler, which the upcall returns into. */
static void handle_exception(struct uhyve_upcall_area *area, uint32_t vector,
                             struct trap_registers *regs, enum virtual_fault_result mapped)
{
  struct percpu *cpu = (struct percpu *) area;
  /* A `syscall` that the host let through has left its own address behind in rcx. */
  if (area->rip == (uint64_t) syscall_entry)
    area->rip = regs->rcx - SYSCALL_BYTES;
  if (signal_redirect_fault != NULL && area->was_masked == 0 && cpu->current != NULL &&
      cpu->current->priority < TASK_PRIORITIES)
  {
    const struct signal_fault fault = describe(area, vector, mapped);
    if (signal_redirect_fault(cpu, regs, &fault))
      return;
  }
  exception_crash(area, vector, regs, mapped);
}

void upcall_dispatch(struct trap_registers *regs, struct uhyve_upcall_area *area)
{
  uint32_t vector = area->exception;
  cpu_restore_gs_base(area->self_gva);
  area->counters.upcalls++;
  if (vector != UHYVE_NO_EXCEPTION)
  {
    area->exception = UHYVE_NO_EXCEPTION;
    enum virtual_fault_result mapped = FAULT_NOT_MAPPED;
    if (vector == VECTOR_PAGE_FAULT)
      mapped = handle_page_fault(area);
    bool mended = mapped == FAULT_MAPPED;
    if (!mended && vector == VECTOR_PAGE_FAULT && (area->error_code & FAULT_FETCH) != 0)
      mended = trampoline_follow(area, regs);
    if (!mended)
      handle_exception(area, vector, regs, mapped);
  }
  /* An exception of masked code: what is pending waits until that code lets it in. */
  if (area->was_masked != 0)
    return;
  struct percpu *cpu = (struct percpu *) area;
  interrupts_run(cpu);
  if (cpu->reschedule)
    sched_preempt(cpu, regs);
  if (signals_wait(cpu->current))
    signal_redirect(cpu, regs);
}
