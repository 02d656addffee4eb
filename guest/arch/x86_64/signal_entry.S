/* Where handlers of signals run from; both routines have what was interrupted in a struct
 * trap_frame, which %rbx points to, and unwinding goes on there. Prototypes: signal_frame.h. */
#include "layout.h"

/* The caller's registers are in the trap_frame at %rbx: DW_CFA_expression, DW_OP_breg3 offset */
  .macro saved_register number, offset
  .cfi_escape 0x10, \number, 3, 0x73, 128 + (\offset) % 128, (\offset) / 128
  .endm
  .macro interrupted_registers
  .cfi_signal_frame
  /* DW_CFA_def_cfa_expression: the stack pointer at 128 */
  .cfi_escape 0x0f, 4, 0x73, 0x80, 1, 0x06
  saved_register 0, 0
  saved_register 2, 8
  saved_register 1, 16
  saved_register 3, 24
  saved_register 6, 32
  saved_register 4, 40
  saved_register 5, 48
  saved_register 8, 56
  saved_register 9, 64
  saved_register 10, 72
  saved_register 11, 80
  saved_register 12, 88
  saved_register 13, 96
  saved_register 14, 104
  saved_register 15, 112
  saved_register 16, 120
  .endm

  .text

/* Masked, out of an upcall. */
  .globl signal_trampoline
  .type signal_trampoline, @function
signal_trampoline:
  .cfi_startproc
  interrupted_registers
  call signal_enter
  ud2
  .cfi_endproc
  .size signal_trampoline, . - signal_trampoline

  .globl signal_call
  .type signal_call, @function
signal_call:
  .cfi_startproc
  mov %rbx, TRAP_RBX(%rdi)
  mov %rbp, TRAP_RBP(%rdi)
  mov %r12, TRAP_R12(%rdi)
  mov %r13, TRAP_R12+8(%rdi)
  mov %r14, TRAP_R12+16(%rdi)
  mov %r15, TRAP_R12+24(%rdi)
  pushfq
  pop %rax
  mov %rax, TRAP_RFLAGS(%rdi)
  mov (%rsp), %rax
  mov %rax, TRAP_RIP(%rdi)
  lea 8(%rsp), %rax
  mov %rax, TRAP_RSP(%rdi)
  mov %rdi, %rbx
  interrupted_registers
  lea -8(%rsp), %rax
  test %rsi, %rsi
  cmovz %rax, %rsi
  mov %rsi, %rsp
  call signal_called
  ud2
  .cfi_endproc
  .size signal_call, . - signal_call

  .section .note.GNU-stack, "", @progbits
