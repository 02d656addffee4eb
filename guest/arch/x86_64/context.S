/* Switching between stacks; prototypes are in context.h. */
#include "layout.h"

/* A crash report may find a task anywhere here. */
  .macro save_register name
  push \name
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset \name, 0
  .endm

  .macro load_register name
  pop \name
  .cfi_adjust_cfa_offset -8
  .cfi_restore \name
  .endm

  /* Where registers are when all are saved. */
  .macro registers_are_saved
  .cfi_def_cfa rsp, 56
  .cfi_offset rbx, -16
  .cfi_offset rbp, -24
  .cfi_offset r12, -32
  .cfi_offset r13, -40
  .cfi_offset r14, -48
  .cfi_offset r15, -56
  .endm

  .macro save_context
  save_register %rbx
  save_register %rbp
  save_register %r12
  save_register %r13
  save_register %r14
  save_register %r15
  stmxcsr CONTEXT_MXCSR(%rdi)
  fnstcw CONTEXT_FCW(%rdi)
  mov %rsp, CONTEXT_RSP(%rdi)
  .endm

  .macro load_context from
  mov CONTEXT_RSP(\from), %rsp
  registers_are_saved
  load_register %r15
  load_register %r14
  load_register %r13
  load_register %r12
  load_register %rbp
  load_register %rbx
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
  registers_are_saved
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
  save_context
  mov %gs:AREA_SELF, %rsp
  .cfi_undefined rip
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
