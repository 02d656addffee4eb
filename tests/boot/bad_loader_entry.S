/* A Multiboot 1 kernel that is a bad loader of its first module: its entry, and how it hands over. */
  .section .multiboot, "a", @progbits
  .balign 4
  .long 0x1badb002
  .long 0
  .long -0x1badb002

  .text
  .globl _start
  .type _start, @function
_start:
  mov $stack_end, %esp
  push %ebx
  call bad_loader /* void bad_loader(const struct multiboot_info *) */
  mov handed_eax, %eax
  mov handed_ebx, %ebx
  jmp *handed_entry
  .size _start, . - _start

  .bss
  .balign 16
  .skip 0x4000
stack_end:

  .section .note.GNU-stack, "", @progbits
