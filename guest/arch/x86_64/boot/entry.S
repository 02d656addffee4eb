/* The first instructions of a guest that no monitor has prepared: 32-bit protected mode without
 * paging, entered by a Multiboot 1 loader (specification 0.6.96, 3.2) or by the PVH boot protocol
 * (Xen's docs/misc/pvh.pandoc). Both give the address of an information structure in EBX; ESP is
 * worth nothing. From .Lhere to 64-bit mode, in which boot_main() does the rest.
 *
 * A position-independent image runs at another address than it was linked for: all addresses are
 * made from where this code finds itself.
 */
#include "boot_layout.h"

#define CR0_LONG_MODE 0x80010033 /* PG, WP, NE, ET, MP, PE */
#define CR4_PAE       0x20

#define MSR_EFER      0xc0000080
#define EFER_LME      0x100
#define EFER_NX       0x800

#define CPUID_LONG_MODE_BIT 29
#define CPUID_NX_BIT        20

#define TABLE_ENTRY   0x3  /* present, writable */
#define PAGE_ENTRY    0x83 /* present, writable, 2 MiB */
#define PAGE_BYTES    0x200000

#define SERIAL_PORT     0x3f8
#define PORT_DEBUG_EXIT 0xf4
#define STATUS          125
#define MOST_LOOKS      100000

  .section .nucleus.text, "ax", @progbits

  .code32
  .globl boot_entry_32
  .type boot_entry_32, @function
boot_entry_32:
  cli
  cld
  mov %eax, %esi
  /* The first word of the structure serves as a stack for a moment. */
  mov (%ebx), %edi
  lea 4(%ebx), %esp
  call .Lhere
.Lhere:
  pop %ebp
  mov %edi, (%ebx)
  lea .Lboot_stack_end - .Lhere(%ebp), %esp

  /* Where the image ends behind the memory, nothing is kept. */
  push %ebx
  cmp %ebx, (%esp)
  jne .Lno_memory
  mov $0x80000000, %eax
  cpuid
  cmp $0x80000001, %eax
  jb .Lno_long_mode
  mov $0x80000001, %eax
  cpuid
  pop %ebx
  bt $CPUID_LONG_MODE_BIT, %edx
  jnc .Lno_long_mode
  mov %edx, boot_features - .Lhere(%ebp)

  /* The first 4 GiB at their own addresses, in pages of 2 MiB. */
  lea boot_tables + 0x2000 - .Lhere(%ebp), %edi
  mov $PAGE_ENTRY, %eax
  mov $2048, %ecx
1:
  mov %eax, (%edi)
  movl $0, 4(%edi)
  add $PAGE_BYTES, %eax
  add $8, %edi
  loop 1b
  lea boot_tables - .Lhere(%ebp), %edi
  lea 0x1000 + TABLE_ENTRY(%edi), %eax
  mov %eax, (%edi)
  mov $0, %ecx
2:
  add $0x1000, %eax
  mov %eax, 0x1000(%edi, %ecx, 8)
  inc %ecx
  cmp $4, %ecx
  jb 2b

  mov $CR4_PAE, %eax
  mov %eax, %cr4
  mov %edi, %cr3
  mov $MSR_EFER, %ecx
  rdmsr
  or $EFER_LME, %eax
  mov boot_features - .Lhere(%ebp), %edx
  bt $CPUID_NX_BIT, %edx
  jnc 3f
  or $EFER_NX, %eax
3:
  xor %edx, %edx
  wrmsr
  mov $CR0_LONG_MODE, %eax
  mov %eax, %cr0
  lea .Lboot_gdt - .Lhere(%ebp), %eax
  sub $8, %esp
  movw $23, (%esp)
  mov %eax, 2(%esp)
  lgdt (%esp)
  add $8, %esp
  lea boot_entry_64 - .Lhere(%ebp), %eax
  push $8
  push %eax
  lret
  .size boot_entry_32, . - boot_entry_32

/* As ring0_console.c does it: QEMU's device, else a triple fault. */
.Lno_memory:
  lea .Ltext_no_memory - .Lhere(%ebp), %esi
  jmp 4f
.Lno_long_mode:
  lea .Ltext_no_long_mode - .Lhere(%ebp), %esi
4:
  lodsb
  test %al, %al
  jz 6f
  mov %al, %bl
  mov $MOST_LOOKS, %ecx
  mov $SERIAL_PORT + 5, %dx
5:
  in %dx, %al
  test $0x20, %al
  loopz 5b
  mov $SERIAL_PORT, %dx
  mov %bl, %al
  out %al, %dx
  jmp 4b
6:
  mov $STATUS, %al
  out %al, $PORT_DEBUG_EXIT
  lidt .Lno_gates_32 - .Lhere(%ebp)
  int3
7:
  hlt
  jmp 7b
.Lno_gates_32:
  .word 0
  .long 0
.Ltext_no_memory:
  .ascii "[    0.000000] CPU 0: uhyve: cannot boot: too little memory for the program\r\n"
  .asciz "uhyve: ended with status 125\r\n"
.Ltext_no_long_mode:
  .ascii "[    0.000000] CPU 0: uhyve: cannot boot: this processor has no 64-bit mode\r\n"
  .asciz "uhyve: ended with status 125\r\n"

  .balign 8
.Lboot_gdt:
  .quad 0
  .quad 0x00af9b000000ffff
  .quad 0x00cf93000000ffff

  .code64
boot_entry_64:
  mov $0x10, %eax
  mov %eax, %ds
  mov %eax, %es
  mov %eax, %ss
  lea .Lboot_stack_end(%rip), %rsp
  mov %esi, %edi
  mov %ebx, %esi
  xor %ebp, %ebp
  call boot_main /* void boot_main(uint32_t magic, uint64_t info_gpa), does not return */
  ud2

/* void boot_leave(const struct boot_leave *): the tables of the processor, and to ring 3. */
  .globl boot_leave
  .type boot_leave, @function
boot_leave:
  mov %rdi, %rbx
  fninit
  lgdt LEAVE_GDT(%rbx)
  lidt LEAVE_IDT(%rbx)
  mov LEAVE_ROOT(%rbx), %rax
  mov LEAVE_START(%rbx), %rdi
  lea 7f(%rip), %rcx
  add LEAVE_IMAGE_SHIFT(%rbx), %rcx /* how far the image's own addresses are */
  mov LEAVE_HAS_LEFT(%rbx), %rdx
  mov LEAVE_RSP(%rbx), %rsp
  movl $1, (%rdx)
  jmp *%rcx
7:
  mov %rax, %cr3
  mov $0x2b, %eax /* UHYVE_SEL_USER_DATA: an iretq to ring 3 keeps these */
  mov %eax, %ds
  mov %eax, %es
  jmp nucleus_boot
  .size boot_leave, . - boot_leave

  .bss
  .balign 4096
  .globl boot_tables
boot_tables:
  .skip 0x6000
.Lboot_stack:
  .skip 0x4000
.Lboot_stack_end:
  .globl boot_features
boot_features: /* CPUID 0x80000001, EDX */
  .skip 8

/* First instructions in ring 3 of every CPU but the first; rsp: as of secondary_entry. */
  .section .text, "ax", @progbits
  .globl bare_secondary_entry
  .type bare_secondary_entry, @function
bare_secondary_entry:
  .cfi_startproc
  .cfi_undefined rip
  xor %ebp, %ebp
  call bare_secondary /* void bare_secondary(void), does not return */
  .cfi_endproc
  .size bare_secondary_entry, . - bare_secondary_entry

  .section .note.GNU-stack, "", @progbits
