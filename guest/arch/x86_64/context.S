/* Switching between stacks; prototypes are in context.h. */
#include "layout.h"

  .macro save_context
  push %rbx
  push %rbp
  push %r12
  push %r13
  push %r14
  push %r15
  stmxcsr CONTEXT_MXCSR(%rdi)
  fnstcw CONTEXT_FCW(%rdi)
  mov %rsp, CONTEXT_RSP(%rdi)
  .endm

  .macro load_context from
  mov CONTEXT_RSP(\from), %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbp
  pop %rbx
  ret
  .endm

  .text

/* Loading a control word is slow: only where it differs. */
  .globl context_switch
  .type context_switch, @function
context_switch:
  .cfi_startproc
  save_context
  mov CONTEXT_MXCSR(%rsi), %eax
  cmp CONTEXT_MXCSR(%rdi), %eax
  jne context_load_control
  movzwl CONTEXT_FCW(%rsi), %eax
  cmp CONTEXT_FCW(%rdi), %ax
  jne context_load_control
  load_context %rsi
  .cfi_endproc
  .size context_switch, . - context_switch

  .type context_load_control, @function
context_load_control:
  .cfi_startproc
  ldmxcsr CONTEXT_MXCSR(%rsi)
  fldcw CONTEXT_FCW(%rsi)
  load_context %rsi
  .cfi_endproc
  .size context_load_control, . - context_load_control

/* After an interrupt the x87 registers may be in use. */
  .globl context_load
  .type context_load, @function
context_load:
  .cfi_startproc
  fninit
  ldmxcsr CONTEXT_MXCSR(%rdi)
  fldcw CONTEXT_FCW(%rdi)
  load_context %rdi
  .cfi_endproc
  .size context_load, . - context_load

  .globl context_leave
  .type context_leave, @function
context_leave:
  .cfi_startproc
  .cfi_undefined rip
  save_context
  mov %gs:AREA_SELF, %rsp
  xor %ebp, %ebp
  mov %rdx, %rdi
  call *%rsi
  ud2
  .cfi_endproc
  .size context_leave, . - context_leave

/* Where a new task begins: context_init() has put entry() into %rbx. */
  .globl context_begin
  .type context_begin, @function
context_begin:
  .cfi_startproc
  .cfi_undefined rip
  xor %ebp, %ebp
  call *%rbx
  ud2
  .cfi_endproc
  .size context_begin, . - context_begin

  .section .note.GNU-stack, "", @progbits
