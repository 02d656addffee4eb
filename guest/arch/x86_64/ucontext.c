/* makecontext(), and what the other calls of <ucontext.h> do in C. */
#include "arch/x86_64/ucontext.h"

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "arch/x86_64/cpu.h"
#include "sched/sched.h"
#include "signal/signal.h"

#define GREG_IS(greg, offset) \
  _Static_assert(offsetof(ucontext_t, uc_mcontext.gregs[greg]) == (offset), #greg)
GREG_IS(REG_R8, UCONTEXT_R8);
GREG_IS(REG_R9, UCONTEXT_R9);
GREG_IS(REG_R12, UCONTEXT_R12);
GREG_IS(REG_R13, UCONTEXT_R13);
GREG_IS(REG_R14, UCONTEXT_R14);
GREG_IS(REG_R15, UCONTEXT_R15);
GREG_IS(REG_RDI, UCONTEXT_RDI);
GREG_IS(REG_RSI, UCONTEXT_RSI);
GREG_IS(REG_RBP, UCONTEXT_RBP);
GREG_IS(REG_RBX, UCONTEXT_RBX);
GREG_IS(REG_RDX, UCONTEXT_RDX);
GREG_IS(REG_RCX, UCONTEXT_RCX);
GREG_IS(REG_RSP, UCONTEXT_RSP);
GREG_IS(REG_RIP, UCONTEXT_RIP);
_Static_assert(offsetof(ucontext_t, uc_mcontext.fpregs) == UCONTEXT_FPREGS, "fpregs");
_Static_assert(offsetof(ucontext_t, __uc_fpstate) == UCONTEXT_FPSTATE, "fpstate");
_Static_assert(offsetof(struct _libc_fpstate, cwd) == FPSTATE_CWD, "cwd");
_Static_assert(offsetof(struct _libc_fpstate, mxcsr) == FPSTATE_MXCSR, "mxcsr");

#define REGISTER_ARGUMENTS 6

extern const char ucontext_returned[];

int ucontext_note_mask(ucontext_t *context);
void ucontext_set_mask(const ucontext_t *context);
_Noreturn void ucontext_leave(const ucontext_t *link);

int ucontext_note_mask(ucontext_t *context)
{
  context->uc_sigmask = cpu_current()->signals.mask;
  return 0;
}

/* Handlers of signals that this lets in run on the stack that is left. */
void ucontext_set_mask(const ucontext_t *context)
{
  if (context->uc_sigmask != cpu_current()->signals.mask)
    signal_set_mask(context->uc_sigmask);
}

_Noreturn void ucontext_leave(const ucontext_t *link)
{
  if (link != NULL)
    setcontext(link);
  pthread_exit(NULL);
}

void makecontext(ucontext_t *context, void (*function)(void), int count, ...)
{
  static const unsigned char registers[REGISTER_ARGUMENTS] = {REG_RDI, REG_RSI, REG_RDX,
                                                              REG_RCX, REG_R8,  REG_R9};
  greg_t *gregs = context->uc_mcontext.gregs;
  uint64_t top_gva = (uint64_t) context->uc_stack.ss_sp + context->uc_stack.ss_size;
  size_t on_stack = count > REGISTER_ARGUMENTS ? (size_t) count - REGISTER_ARGUMENTS : 0;
  uint64_t arguments_gva = (top_gva - on_stack * sizeof(uint64_t)) & ~15ul;
  uint64_t *stack = (uint64_t *) arguments_gva; /* NOLINT(performance-no-int-to-ptr) */
  /* They may be pointers, which is beyond the standard, but common. */
  va_list arguments;
  va_start(arguments, count);
  for (int i = 0; i < count; i++)
  {
    if (i < REGISTER_ARGUMENTS)
      gregs[registers[i]] = va_arg(arguments, greg_t);
    else
      stack[i - REGISTER_ARGUMENTS] = va_arg(arguments, uint64_t);
  }
  va_end(arguments);
  stack[-1] = (uint64_t) ucontext_returned;
  gregs[REG_RSP] = (greg_t) (arguments_gva - sizeof(uint64_t));
  gregs[REG_RIP] = (greg_t) function;
  gregs[REG_RBP] = 0;
  gregs[REG_RBX] = (greg_t) context->uc_link;
}
