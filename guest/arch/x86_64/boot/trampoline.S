/* Where the other CPUs begin: in real mode, in a page below 1 MiB that this code has been copied to. It
 * takes them to 64-bit mode with the page tables of the boot, and to boot_other_cpu(). */
#include "boot_layout.h"

#define CR0_PROTECTED 0x1
#define CR0_LONG_MODE 0x80010033
#define CR4_PAE       0x20
#define MSR_EFER      0xc0000080

#define AT(label) (TRAMPOLINE_GPA + (label) - boot_trampoline)

  .section .nucleus.text, "ax", @progbits

  .code16
  .balign 16
  .globl boot_trampoline, boot_trampoline_end
boot_trampoline:
  cli
  cld
  xor %ax, %ax
  mov %ax, %ds
  lgdtl AT(.Lgdt_pointer)
  mov $CR0_PROTECTED, %eax
  mov %eax, %cr0
  ljmpl $0x18, $AT(.Lprotected)

  .code32
.Lprotected:
  mov $0x10, %eax
  mov %eax, %ds
  mov %eax, %es
  mov %eax, %ss
  xor %eax, %eax
  xchg %eax, AT(boot_trampoline_ticket)
  test %eax, %eax
  jz .Ltoo_late
  mov $CR4_PAE, %eax
  mov %eax, %cr4
  mov AT(boot_trampoline_root), %eax
  mov %eax, %cr3
  mov $MSR_EFER, %ecx
  mov AT(boot_trampoline_efer), %eax
  xor %edx, %edx
  wrmsr
  mov $CR0_LONG_MODE, %eax
  mov %eax, %cr0
  ljmpl $0x08, $AT(.Llong_mode)

.Ltoo_late:
  hlt
  jmp .Ltoo_late

  .code64
.Llong_mode:
  mov AT(boot_trampoline_stack), %rsp
  xor %ebp, %ebp
  jmp *AT(boot_trampoline_entry)

  .balign 8
.Lgdt:
  .quad 0
  .quad 0x00af9b000000ffff /* 64-bit code */
  .quad 0x00cf93000000ffff /* data */
  .quad 0x00cf9b000000ffff /* 32-bit code */
.Lgdt_pointer:
  .word .Lgdt_pointer - .Lgdt - 1
  .long AT(.Lgdt)

  .balign 8
  .globl boot_trampoline_root, boot_trampoline_efer, boot_trampoline_stack, boot_trampoline_entry
  .globl boot_trampoline_ticket
boot_trampoline_root:
  .quad 0
boot_trampoline_efer:
  .quad 0
boot_trampoline_stack:
  .quad 0
boot_trampoline_entry:
  .quad 0
boot_trampoline_ticket: /* 1: the next CPU may come */
  .quad 0
boot_trampoline_end:

  .section .note.GNU-stack, "", @progbits
