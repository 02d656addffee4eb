/* First instructions in ring 3, of the first CPU and of the others. */
#include "layout.h"

  .section .text.start, "ax", @progbits

/* rdi: start information; rsp: end of the main stack. */
  .globl start_entry
  .type start_entry, @function
start_entry:
  .cfi_startproc
  .cfi_undefined rip
  rdtsc
  shl $32, %rdx
  or %rdx, %rax
  mov %rax, START_MARK_RING3(%rdi)
  xor %ebp, %ebp
  call boot /* void boot(struct uhyve_start_info *), does not return */
  .cfi_endproc
  .size start_entry, . - start_entry

/* rsp: top of this CPU's upcall stack, which it may use until it has a task of its own. */
  .globl secondary_entry
  .type secondary_entry, @function
secondary_entry:
  .cfi_startproc
  .cfi_undefined rip
  xor %ebp, %ebp
  call boot_secondary /* void boot_secondary(void), does not return */
  .cfi_endproc
  .size secondary_entry, . - secondary_entry

/* A `syscall` is an invalid instruction in a guest. Hosts that do not heed EFER.SCE jump here. */
  .globl syscall_entry
  .type syscall_entry, @function
syscall_entry:
  ud2
  .size syscall_entry, . - syscall_entry

  .section .note.GNU-stack, "", @progbits
