/* The frame that the unwinder meets in a guarded call; prototypes are in guarded_call.h. */

  .text
  .globl guarded_call
  .type guarded_call, @function
guarded_call:
  .cfi_startproc
  .cfi_personality 0x1b, guarded_call_personality
  push %rbx
  .cfi_adjust_cfa_offset 8
  .cfi_offset rbx, -16
  mov %rsi, %rbx
  call *%rdi
  pop %rbx
  .cfi_adjust_cfa_offset -8
  .cfi_restore rbx
  ret
  .cfi_endproc
  .size guarded_call, . - guarded_call

  .section .note.GNU-stack, "", @progbits
