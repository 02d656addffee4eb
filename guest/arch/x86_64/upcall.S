/* Upcalls: where the nucleus resumes ring 3 for an interrupt or exception, and the way back.
 *
 * Entered on the CPU's upcall stack, masked, with the general registers of the interrupted code;
 * its RIP, RSP and RFLAGS are in the save area at GS. Nothing is written on its stack.
 */
#include "layout.h"

  .text
  .globl upcall_entry
  .type upcall_entry, @function
upcall_entry:
  .cfi_startproc
  .cfi_undefined rip
  push %r15
  push %r14
  push %r13
  push %r12
  push %r11
  push %r10
  push %r9
  push %r8
  push %rdi
  push %rsi
  push %rbp
  push %rbx
  push %rdx
  push %rcx
  push %rax
  push %rax /* alignment */
  /* void upcall_dispatch(struct trap_registers *, struct uhyve_upcall_area *): the area follows
   * the stack. The program may have changed GS: only the way back, out of an interrupt, needs it. */
  lea 8(%rsp), %rdi
  lea 128(%rsp), %rsi
  call upcall_dispatch
  pop %rax
  pop %rax
  pop %rcx
  pop %rdx
  pop %rbx
  pop %rbp
  pop %rsi
  pop %rdi
  pop %r8
  pop %r9
  pop %r10
  pop %r11
  pop %r12
  pop %r13
  pop %r14
  pop %r15
  pushq %gs:AREA_RFLAGS
  cmpl $0, %gs:AREA_WAS_MASKED
  jne return_masked

  /* From the first store on the next interrupt may need the save area: one that hits before the
   * last instruction is done makes the nucleus start this upcall again from the saved state. */
  .globl upcall_return_begin, upcall_return_end
upcall_return_begin:
  movq $0, %gs:AREA_MASKED /* and AREA_ACTIVE */
  cmpl $0, %gs:AREA_PENDING
  jne 1f
  popfq
  mov %gs:AREA_RSP, %rsp
  jmp *%gs:AREA_RIP
1:
  movl $1, %gs:AREA_MASKED
upcall_return_end:
  movl $1, %gs:AREA_ACTIVE
  add $8, %rsp
  jmp upcall_entry

  /* An exception in masked code: it stays masked, so no interrupt can want the save area. */
return_masked:
  movl $0, %gs:AREA_ACTIVE
  popfq
  mov %gs:AREA_RSP, %rsp
  jmp *%gs:AREA_RIP
  .cfi_endproc
  .size upcall_entry, . - upcall_entry

/* _Noreturn void context_return(const struct trap_frame *frame) - masked, on any stack: goes on
 * with interrupted code as the end of an upcall does; what the frame has of RIP, RSP and RFLAGS is
 * in the save area. */
  .globl context_return
  .type context_return, @function
context_return:
  .cfi_startproc
  .cfi_undefined rip
  mov %gs:AREA_SELF, %rsp
  mov 0(%rdi), %rax
  mov 8(%rdi), %rcx
  mov 16(%rdi), %rdx
  mov 24(%rdi), %rbx
  mov 32(%rdi), %rbp
  mov 40(%rdi), %rsi
  mov 56(%rdi), %r8
  mov 64(%rdi), %r9
  mov 72(%rdi), %r10
  mov 80(%rdi), %r11
  mov 88(%rdi), %r12
  mov 96(%rdi), %r13
  mov 104(%rdi), %r14
  mov 112(%rdi), %r15
  mov 48(%rdi), %rdi
  pushq %gs:AREA_RFLAGS
  jmp upcall_return_begin
  .cfi_endproc
  .size context_return, . - context_return

/* long nucleus_call(long number, uint64_t first, uint64_t second) - the one place whose `ud2` is a
 * call */
  .globl nucleus_call, nucleus_call_site
  .type nucleus_call, @function
nucleus_call:
  .cfi_startproc
  incq %gs:AREA_NUCLEUS_CALLS
  mov %rdi, %rax
  mov %rsi, %rdi
  mov %rdx, %rsi
nucleus_call_site:
  ud2
  ret
  .cfi_endproc
  .size nucleus_call, . - nucleus_call

  .section .note.GNU-stack, "", @progbits
