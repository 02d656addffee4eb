/* getcontext() and its like: what a call preserves, arguments for makecontext(), control words. The
 * thread pointer belongs to the thread, which another one's context does not change. */
#include "arch/x86_64/ucontext.h"

/* Into %rdi, as it will be after the return. */
  .macro save_context
  mov %rbx, UCONTEXT_RBX(%rdi)
  mov %rbp, UCONTEXT_RBP(%rdi)
  mov %r12, UCONTEXT_R12(%rdi)
  mov %r13, UCONTEXT_R13(%rdi)
  mov %r14, UCONTEXT_R14(%rdi)
  mov %r15, UCONTEXT_R15(%rdi)
  mov (%rsp), %rax
  mov %rax, UCONTEXT_RIP(%rdi)
  lea 8(%rsp), %rax
  mov %rax, UCONTEXT_RSP(%rdi)
  lea UCONTEXT_FPSTATE(%rdi), %rax
  mov %rax, UCONTEXT_FPREGS(%rdi)
  fnstcw FPSTATE_CWD(%rax)
  stmxcsr FPSTATE_MXCSR(%rax)
  .endm

  .text

/* int getcontext(ucontext_t *context) */
  .globl getcontext
  .type getcontext, @function
getcontext:
  .cfi_startproc
  save_context
  jmp ucontext_note_mask
  .cfi_endproc
  .size getcontext, . - getcontext

/* int swapcontext(ucontext_t *save, const ucontext_t *load) */
  .globl swapcontext
  .type swapcontext, @function
swapcontext:
  .cfi_startproc
  save_context
  push %rsi
  .cfi_adjust_cfa_offset 8
  call ucontext_note_mask
  pop %rdi
  .cfi_adjust_cfa_offset -8
  jmp setcontext
  .cfi_endproc
  .size swapcontext, . - swapcontext

/* int setcontext(const ucontext_t *context): once the mask is set, nothing fails. */
  .globl setcontext
  .type setcontext, @function
setcontext:
  .cfi_startproc
  push %rdi
  .cfi_adjust_cfa_offset 8
  call ucontext_set_mask
  pop %rdi
  .cfi_adjust_cfa_offset -8
  mov UCONTEXT_FPREGS(%rdi), %rax
  fldcw FPSTATE_CWD(%rax)
  ldmxcsr FPSTATE_MXCSR(%rax)
  mov UCONTEXT_RBX(%rdi), %rbx
  mov UCONTEXT_RBP(%rdi), %rbp
  mov UCONTEXT_R12(%rdi), %r12
  mov UCONTEXT_R13(%rdi), %r13
  mov UCONTEXT_R14(%rdi), %r14
  mov UCONTEXT_R15(%rdi), %r15
  mov UCONTEXT_RSI(%rdi), %rsi
  mov UCONTEXT_RDX(%rdi), %rdx
  mov UCONTEXT_RCX(%rdi), %rcx
  mov UCONTEXT_R8(%rdi), %r8
  mov UCONTEXT_R9(%rdi), %r9
  mov UCONTEXT_RSP(%rdi), %rsp
  mov UCONTEXT_RIP(%rdi), %r11
  mov UCONTEXT_RDI(%rdi), %rdi
  xor %eax, %eax
  jmp *%r11
  .cfi_endproc
  .size setcontext, . - setcontext

/* Where a function of makecontext() returns to, with uc_link in %rbx. The unwinder looks at the
 * address before. */
  .type ucontext_return, @function
ucontext_return:
  .cfi_startproc
  .cfi_undefined rip
  nop
  .globl ucontext_returned
ucontext_returned:
  mov %rbx, %rdi
  call ucontext_leave
  ud2
  .cfi_endproc
  .size ucontext_return, . - ucontext_return

  .section .note.GNU-stack, "", @progbits
