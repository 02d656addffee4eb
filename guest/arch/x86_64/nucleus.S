/* The nucleus: all code of a guest that runs in ring 0.
 *
 * It trusts nothing that ring 3 can set: not RSP, GS or flags. Its per-CPU data
 * (struct uhyve_nucleus_cpu) lies where its stack begins, at RSP0 of the TSS. It is entered with
 * interrupts off and turns them on for one instruction only, the `hlt` of NUCLEUS_IDLE.
 * Some hosts emulate ring 0 instruction by instruction: every instruction here counts.
 */
#include "layout.h"
#include "boot/boot_layout.h"

#define MSR_FS_BASE      0xc0000100
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_X2APIC_EOI   0x80b
#define MSR_X2APIC_ICR   0x830
#define MSR_X2APIC_COUNT 0x838

#define RFLAGS_TF 0x100

#define VECTOR_DB        1
#define VECTOR_UD        6
#define VECTOR_NMI       2
#define VECTOR_DF        8
#define VECTOR_MC        18
#define VECTOR_FIRST_IRQ 32
#define VECTOR_PIC_7     39
#define VECTOR_PIC_15    47
#define VECTOR_TLB       0x42
#define VECTOR_SPURIOUS  255

  .section .nucleus.text, "ax", @progbits

/* ---- Entries: one of 16 bytes for every vector ---- */

  .balign 4096
  .globl nucleus_vector_stubs
nucleus_vector_stubs:
  .set vector, 0
  .rept 256
  .balign 16
  .if vector == VECTOR_NMI || vector == VECTOR_SPURIOUS || vector == VECTOR_PIC_7 || vector == VECTOR_PIC_15
  iretq /* nobody sends an NMI; a spurious interrupt takes no acknowledge, and masked PICs send no other */
  .elseif vector == VECTOR_TLB
  pushq $vector
  jmp nucleus_tlb_shootdown
  .elseif vector >= VECTOR_FIRST_IRQ
  pushq $vector
  jmp nucleus_interrupt
  .elseif vector == VECTOR_UD
  jmp nucleus_invalid_opcode
  .else
  /* #DF, #TS, #NP, #SS, #GP, #PF, #AC, #CP, #VC, #SX push an error code themselves */
  .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
  pushq $0
  .endif
  pushq $vector
  .if vector == VECTOR_DF || vector == VECTOR_MC
  jmp nucleus_failure
  .elseif vector == VECTOR_DB
  jmp nucleus_debug
  .else
  jmp nucleus_exception
  .endif
  .endif
  .set vector, vector + 1
  .endr
  .balign 16

/* The first instructions of every CPU: the monitor has put the frame on the stack. It has set the
 * task register too, but QEMU's emulation of SVM heeds the I/O bitmap only after an `ltr`. */
  .globl nucleus_boot
nucleus_boot:
  mov $SELECTOR_TSS, %eax
  ltr %ax
  iretq

/* ---- Interrupts ---- */

/* Stack from here: rdx 0, rcx 8, rax 16, vector 24, rip 32, cs 40, rflags 48, rsp 56, ss 64;
 * from ring 3 the nucleus's CPU data follow at 72. */
nucleus_interrupt:
  push %rax
  push %rcx
  push %rdx
  .globl patch_eoi, patch_eoi_tlb, patch_timer, patch_ipi, patch_failure
patch_eoi:
  mov $MSR_X2APIC_EOI, %ecx
  xor %eax, %eax
  xor %edx, %edx
  wrmsr
eoi_done:
  testb $3, 40(%rsp)
  jz interrupt_in_nucleus
  mov 72+CPU_UPCALL_AREA(%rsp), %rdx
  mov 24(%rsp), %eax
  bts %rax, AREA_PENDING_VECTORS(%rdx)
  movl $1, AREA_PENDING(%rdx)
  cmpl $0, AREA_MASKED(%rdx)
  jne interrupt_out
  mov 32(%rsp), %rax
  lea upcall_return_begin(%rip), %rcx
  cmp %rcx, %rax
  jb 1f
  lea upcall_return_end(%rip), %rcx
  cmp %rcx, %rax
  jb 2f /* the save area is still in use: start that upcall again */
1:
  mov %rax, AREA_RIP(%rdx)
  mov 56(%rsp), %rax
  mov %rax, AREA_RSP(%rdx)
  mov 48(%rsp), %rax
  mov %rax, AREA_RFLAGS(%rdx)
  movl $0, AREA_WAS_MASKED(%rdx)
2:
  movl $1, AREA_MASKED(%rdx)
  movl $1, AREA_ACTIVE(%rdx)
  mov 72+CPU_UPCALL_ENTRY(%rsp), %rax
  mov %rax, 32(%rsp)
  mov 72+CPU_UPCALL_STACK(%rsp), %rax
  mov %rax, 56(%rsp)
  movq $UPCALL_RFLAGS, 48(%rsp)
interrupt_out:
  pop %rdx
  pop %rcx
  pop %rax
  add $8, %rsp
  iretq

/* In ring 0 interrupts are on at the `hlt` of NUCLEUS_IDLE alone. One there goes on behind it: the
 * shadow of `sti` is lost on some processors' VM exits. (An emulator of SVM with several CPUs was
 * seen to interrupt other code of ring 0: that just goes on, but for the look before the `hlt`,
 * which may have been too early.) */
interrupt_in_nucleus:
  mov %rsp, %rdx
  or $0xfff, %rdx
  mov CPU_UPCALL_AREA-CPU_BYTES+1(%rdx), %rdx
  mov 24(%rsp), %eax
  bts %rax, AREA_PENDING_VECTORS(%rdx)
  movl $1, AREA_PENDING(%rdx)
leave_idle:
  lea call_idle(%rip), %rax
  cmp %rax, 32(%rsp)
  jb interrupt_out
  lea idle_halted(%rip), %rax
  mov %rax, 32(%rsp)
  jmp interrupt_out

/* Another CPU has changed page tables and waits until this one has forgotten what they were, masked
 * or not. The generation is read before, so that what is said to be seen is. */
nucleus_tlb_shootdown:
  push %rax
  push %rcx
  push %rdx
patch_eoi_tlb:
  mov $MSR_X2APIC_EOI, %ecx
  xor %eax, %eax
  xor %edx, %edx
  wrmsr
eoi_tlb_done:
  mov %rsp, %rdx
  or $0xfff, %rdx
  mov CPU_TLB_GENERATION-CPU_BYTES+1(%rdx), %rax
  mov (%rax), %rax
  mov %cr3, %rcx
  mov %rcx, %cr3
  mov CPU_UPCALL_AREA-CPU_BYTES+1(%rdx), %rdx
  mov %rax, AREA_TLB_SEEN(%rdx)
  testb $3, 40(%rsp)
  jz leave_idle
  jmp interrupt_out

/* ---- Exceptions ---- */

/* An upcall on its way back has loaded flags with TF: the trap that this raises before the
 * interrupted code runs is dropped, with TF. Nothing else can happen there. */
nucleus_debug:
  push %rax
  push %rdx
  mov 32(%rsp), %rax
  lea upcall_return_begin(%rip), %rdx
  cmp %rdx, %rax
  jb 1f
  lea upcall_return_end(%rip), %rdx
  cmp %rdx, %rax
  jae 1f
  andq $~RFLAGS_TF, 48(%rsp)
  pop %rdx
  pop %rax
  add $16, %rsp
  iretq
1:
  pop %rdx
  pop %rax

/* Stack after the two pushes: rdx 0, rax 8, vector 16, error code 24, rip 32, cs 40, rflags 48,
 * rsp 56, ss 64; the nucleus's CPU data at 72. */
nucleus_exception:
  push %rax
  push %rdx
  testb $3, 40(%rsp)
  jz exception_unexpected
  mov 72+CPU_UPCALL_AREA(%rsp), %rdx
  cmpl $0, AREA_ACTIVE(%rdx)
  jne exception_unexpected
  mov 32(%rsp), %rax
  mov %rax, AREA_RIP(%rdx)
  mov 56(%rsp), %rax
  mov %rax, AREA_RSP(%rdx)
  mov 48(%rsp), %rax
  mov %rax, AREA_RFLAGS(%rdx)
  mov AREA_MASKED(%rdx), %eax
  mov %eax, AREA_WAS_MASKED(%rdx)
  movl $1, AREA_MASKED(%rdx)
  movl $1, AREA_ACTIVE(%rdx)
  mov 16(%rsp), %eax
  mov %eax, AREA_EXCEPTION(%rdx)
  mov 24(%rsp), %eax
  mov %eax, AREA_ERROR_CODE(%rdx)
  mov %cr2, %rax
  mov %rax, AREA_FAULT_GVA(%rdx)
  mov 72+CPU_UPCALL_ENTRY(%rsp), %rax
  mov %rax, 32(%rsp)
  mov 72+CPU_UPCALL_STACK(%rsp), %rax
  mov %rax, 56(%rsp)
  movq $UPCALL_RFLAGS, 48(%rsp)
  pop %rdx
  pop %rax
  add $16, %rsp
  iretq

/* A fault of the nucleus, or of upcall code while the save area is in use: the monitor reports
 * it. Every general register is the faulting code's, the frame is at the stack pointer. */
exception_unexpected:
  pop %rdx
  pop %rax
nucleus_failure:
patch_failure:
  out %eax, $PORT_NUCLEUS_FAILURE
1:
  hlt
  jmp 1b

/* ---- Nucleus calls: each is bounded ---- */

/* A call is a call of a C function: rcx, rdx, rdi and rsi need not come back. Stack after the push:
 * rcx 0, rip 8, cs 16, rflags 24, rsp 32, ss 40; the nucleus's CPU data at 48. */
nucleus_invalid_opcode:
  push %rcx
  lea nucleus_call_site(%rip), %rcx
  cmp %rcx, 8(%rsp)
  jne no_call
  addq $2, 8(%rsp) /* go on behind the `ud2` */
  cmp $NUCLEUS_IDLE, %rax
  jb call_timer_arm
  je call_idle
  cmp $NUCLEUS_TABLE_WRITE, %rax
  je call_table_write
  jb call_set_fs
  cmp $NUCLEUS_IPI, %rax
  jb call_tlb_flush
  je call_ipi
  .globl patch_unknown
patch_unknown:
  mov $NUCLEUS_ENOSYS, %rax
call_out:
  add $8, %rsp
  iretq

no_call:
  pop %rcx
  pushq $0
  pushq $VECTOR_UD
  jmp nucleus_exception

call_refused:
  mov $NUCLEUS_EINVAL, %rax
  jmp call_out

call_timer_arm:
patch_timer:
  mov $MSR_TSC_DEADLINE, %ecx
  mov %edi, %eax
  mov %rdi, %rdx
  shr $32, %rdx
  wrmsr
call_done:
  xor %eax, %eax
  add $8, %rsp
  iretq

call_set_fs:
  mov %rdi, %rdx
  shr $47, %rdx
  jnz call_refused /* not canonical, or the upper half, where a guest has nothing */
  mov $MSR_FS_BASE, %ecx
  mov %edi, %eax
  mov %rdi, %rdx
  shr $32, %rdx
  wrmsr
  jmp call_done

/* All entries must lie in one table of the pool. */
call_table_write:
  movzbl %sil, %ecx
  cmp $WRITE_ENTRIES, %ecx
  ja call_refused
  test $7, %dil
  jnz call_refused
  cmp 48+CPU_TABLES_BYTES(%rsp), %rdi
  jae call_refused
  lea -8(%rdi, %rcx, 8), %rax
  xor %rdi, %rax
  test $-0x1000, %rax
  jnz call_refused
  mov 48+CPU_UPCALL_AREA(%rsp), %rdx
  mov %rsi, %rax
  movabs $TABLES_BASE, %rsi
  add %rsi, %rdi
  lea AREA_TABLE_ENTRIES(%rdx), %rsi
  cld
  rep movsq
  test $WRITE_FLUSH, %eax
  jz call_out
  mov %cr3, %rcx
  mov %rcx, %cr3
  jmp call_out

call_ipi:
  lea -VECTOR_IPI_FIRST(%rsi), %rax
  cmp $VECTOR_IPI_END - VECTOR_IPI_FIRST, %rax
  jae call_refused
patch_ipi:
  mov $MSR_X2APIC_ICR, %ecx
  mov %esi, %eax
  mov %edi, %edx
  wrmsr
  jmp call_done

call_tlb_flush:
  mov 48+CPU_UPCALL_AREA(%rsp), %rdx
  mov 48+CPU_TLB_GENERATION(%rsp), %rax
  mov (%rax), %rax
  mov %cr3, %rcx
  mov %rcx, %cr3
  mov %rax, AREA_TLB_SEEN(%rdx)
  jmp call_done

/* ---- In place of the five bytes at a patch_ label, where there is no monitor (boot/ring0_patch.c):
 * the local APIC by memory, with registers as the Intel SDM, vol. 3A, table 11-1 (June 2023), has them ---- */

#define APIC_EOI   0x0b0
#define APIC_ICR_0 0x300
#define APIC_ICR_1 0x310
#define ICR_IS_PENDING 0x1000
#define APIC_COUNT 0x380

  .globl bare_eoi, bare_eoi_tlb, bare_timer, bare_timer_x2apic, bare_ipi, bare_failure, bare_unknown
bare_eoi:
  xor %eax, %eax
  mov %eax, LOCAL_APIC_GVA+APIC_EOI
  jmp eoi_done

bare_eoi_tlb:
  xor %eax, %eax
  mov %eax, LOCAL_APIC_GVA+APIC_EOI
  jmp eoi_tlb_done

/* rdi: the counter's first value in place of the deadline */
bare_timer:
  mov %edi, LOCAL_APIC_GVA+APIC_COUNT
  jmp call_done

/* The same, in x2APIC mode */
bare_timer_x2apic:
  mov $MSR_X2APIC_COUNT, %ecx
  mov %edi, %eax
  xor %edx, %edx
  wrmsr
  jmp call_done

/* Intel 64 and IA-32 Architectures Software Developer's Manual, 3A, 11.6.1: the one before may still be on its way. */
bare_ipi:
1:
  testl $ICR_IS_PENDING, LOCAL_APIC_GVA+APIC_ICR_0
  jz 2f
  pause
  jmp 1b
2:
  shl $24, %edi
  mov %edi, LOCAL_APIC_GVA+APIC_ICR_1
  mov %esi, LOCAL_APIC_GVA+APIC_ICR_0
  jmp call_done

/* A table without gates: the exception is a triple fault. */
bare_unknown:
  cmp $NUCLEUS_RESET, %rax
  mov $NUCLEUS_ENOSYS, %rax
  jne call_out
  lidt no_gates(%rip)
  ud2
no_gates:
  .word 0
  .quad 0

  .weak boot_report_failure
  .hidden boot_report_failure
bare_failure:
  mov %rsp, %rdi
  and $-16, %rsp
  call boot_report_failure

/* Has to be the last code: leave_idle takes all from here on for this. */
call_idle:
  mov 48+CPU_UPCALL_AREA(%rsp), %rdx
  cmpl $0, AREA_PENDING(%rdx)
  jne call_done
  sti
  hlt
idle_halted:
  cli
  xor %eax, %eax
  add $8, %rsp
  iretq

  .section .note.GNU-stack, "", @progbits
