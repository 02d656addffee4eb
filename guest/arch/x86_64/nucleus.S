/* The nucleus: all code of a guest that runs in ring 0.
 *
 * It trusts nothing that ring 3 can set: not RSP, GS or flags. Its per-CPU data
 * (struct uhyve_nucleus_cpu) lies where its stack begins, at RSP0 of the TSS. It is entered with
 * interrupts off and turns them on for one instruction only, the `hlt` of NUCLEUS_IDLE.
 * Some hosts emulate ring 0 instruction by instruction: every instruction here counts.
 */
#include "layout.h"

#define MSR_FS_BASE      0xc0000100
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_X2APIC_EOI   0x80b
#define MSR_X2APIC_ICR   0x830

#define RFLAGS_TF 0x100

#define VECTOR_DB        1
#define VECTOR_UD        6
#define VECTOR_NMI       2
#define VECTOR_DF        8
#define VECTOR_MC        18
#define VECTOR_FIRST_IRQ 32
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
  .if vector == VECTOR_NMI || vector == VECTOR_SPURIOUS
  iretq /* nobody sends an NMI; a spurious interrupt takes no acknowledge */
  .elseif vector == VECTOR_TLB
  pushq $vector
  jmp nucleus_tlb_shootdown
  .elseif vector >= VECTOR_FIRST_IRQ
  pushq $vector
  jmp nucleus_interrupt
  .else
  /* #DF, #TS, #NP, #SS, #GP, #PF, #AC, #CP, #VC, #SX push an error code themselves */
  .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
  pushq $0
  .endif
  pushq $vector
  .if vector == VECTOR_DF || vector == VECTOR_MC
  jmp nucleus_failure
  .elseif vector == VECTOR_UD
  jmp nucleus_invalid_opcode
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
  mov $MSR_X2APIC_EOI, %ecx
  xor %eax, %eax
  xor %edx, %edx
  wrmsr
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
 * seen to interrupt other code of ring 0: that just goes on.) */
interrupt_in_nucleus:
  mov %rsp, %rdx
  or $0xfff, %rdx
  mov CPU_UPCALL_AREA-CPU_BYTES+1(%rdx), %rdx
  mov 24(%rsp), %eax
  bts %rax, AREA_PENDING_VECTORS(%rdx)
  movl $1, AREA_PENDING(%rdx)
leave_idle:
  lea idle_hlt(%rip), %rax
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
  mov $MSR_X2APIC_EOI, %ecx
  xor %eax, %eax
  xor %edx, %edx
  wrmsr
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

/* Stack: rdx 0, rcx 8, rax 16, vector 24, error code 32, rip 40, cs 48, rflags 56, rsp 64, ss 72;
 * the nucleus's CPU data at 80. */
nucleus_invalid_opcode:
  push %rax
  push %rcx
  push %rdx
  lea nucleus_call_site(%rip), %rcx
  cmp %rcx, 40(%rsp)
  je call_dispatch
  jmp exception_saved

nucleus_exception:
  push %rax
  push %rcx
  push %rdx
exception_saved:
  testb $3, 48(%rsp)
  jz exception_unexpected
  mov 80+CPU_UPCALL_AREA(%rsp), %rdx
  cmpl $0, AREA_ACTIVE(%rdx)
  jne exception_unexpected
  mov 40(%rsp), %rax
  lea upcall_return_begin(%rip), %rcx
  cmp %rcx, %rax
  jb 1f
  lea upcall_return_end(%rip), %rcx
  cmp %rcx, %rax
  jb exception_while_returning
1:
  mov %rax, AREA_RIP(%rdx)
  mov 64(%rsp), %rax
  mov %rax, AREA_RSP(%rdx)
  mov 56(%rsp), %rax
  mov %rax, AREA_RFLAGS(%rdx)
  mov AREA_MASKED(%rdx), %eax
  mov %eax, AREA_WAS_MASKED(%rdx)
  movl $1, AREA_MASKED(%rdx)
  movl $1, AREA_ACTIVE(%rdx)
  mov 24(%rsp), %eax
  mov %eax, AREA_EXCEPTION(%rdx)
  mov 32(%rsp), %eax
  mov %eax, AREA_ERROR_CODE(%rdx)
  mov %cr2, %rax
  mov %rax, AREA_FAULT_GVA(%rdx)
  mov 80+CPU_UPCALL_ENTRY(%rsp), %rax
  mov %rax, 40(%rsp)
  mov 80+CPU_UPCALL_STACK(%rsp), %rax
  mov %rax, 64(%rsp)
  movq $UPCALL_RFLAGS, 56(%rsp)
exception_out:
  pop %rdx
  pop %rcx
  pop %rax
  add $16, %rsp
  iretq

/* An upcall on its way back has loaded flags with TF: the trap that this raises before the
 * interrupted code runs is dropped, with TF. Nothing else can happen there. */
exception_while_returning:
  cmpq $VECTOR_DB, 24(%rsp)
  jne exception_unexpected
  andq $~RFLAGS_TF, 56(%rsp)
  jmp exception_out

/* A fault of the nucleus, or of upcall code while the save area is in use: the monitor reports
 * it. Every general register is the faulting code's, the frame is at the stack pointer. */
exception_unexpected:
  pop %rdx
  pop %rcx
  pop %rax
nucleus_failure:
  out %eax, $PORT_NUCLEUS_FAILURE
1:
  hlt
  jmp 1b

/* ---- Nucleus calls: each is bounded ---- */

call_dispatch:
  addq $2, 40(%rsp) /* go on behind the `ud2` */
  cmp $NUCLEUS_TIMER_ARM, %rax
  je call_timer_arm
  cmp $NUCLEUS_IDLE, %rax
  je call_idle
  cmp $NUCLEUS_TABLE_WRITE, %rax
  je call_table_write
  cmp $NUCLEUS_IPI, %rax
  je call_ipi
  cmp $NUCLEUS_TLB_FLUSH, %rax
  je call_tlb_flush
  cmp $NUCLEUS_SET_FS, %rax
  je call_set_fs
  movq $NUCLEUS_ENOSYS, 16(%rsp)
  jmp exception_out

call_timer_arm:
  mov $MSR_TSC_DEADLINE, %ecx
  mov %edi, %eax
  mov %rdi, %rdx
  shr $32, %rdx
  wrmsr
  jmp call_done

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
  lea -1(%rsi), %rax
  cmp $WRITE_ENTRIES, %rax
  jae call_refused
  test $7, %dil
  jnz call_refused
  cmp 80+CPU_TABLES_BYTES(%rsp), %rdi
  jae call_refused
  mov %edi, %eax
  and $0xfff, %eax
  lea (%rax, %rsi, 8), %rax
  cmp $0x1000, %rax
  ja call_refused
  mov 80+CPU_UPCALL_AREA(%rsp), %rdx
  mov %rsi, 16(%rsp)
  mov %rsi, %rcx
  push %rdi
  movabs $TABLES_BASE, %rax
  add %rax, %rdi
  lea AREA_TABLE_ENTRIES(%rdx), %rsi
  cld
  rep movsq
  pop %rdi
  mov 16(%rsp), %rsi
  jmp exception_out

call_ipi:
  lea -VECTOR_IPI_FIRST(%rsi), %rax
  cmp $VECTOR_IPI_END - VECTOR_IPI_FIRST, %rax
  jae call_refused
  mov $MSR_X2APIC_ICR, %ecx
  mov %esi, %eax
  mov %edi, %edx
  wrmsr
  jmp call_done

call_tlb_flush:
  mov 80+CPU_UPCALL_AREA(%rsp), %rdx
  mov 80+CPU_TLB_GENERATION(%rsp), %rax
  mov (%rax), %rax
  mov %cr3, %rcx
  mov %rcx, %cr3
  mov %rax, AREA_TLB_SEEN(%rdx)

call_done:
  movq $0, 16(%rsp)
  jmp exception_out

call_refused:
  movq $NUCLEUS_EINVAL, 16(%rsp)
  jmp exception_out

/* Has to be the last code: leave_idle takes all from the `hlt` on for this. */
call_idle:
  mov 80+CPU_UPCALL_AREA(%rsp), %rdx
  cmpl $0, AREA_PENDING(%rdx)
  jne call_done
  sti
idle_hlt:
  hlt
idle_halted:
  cli
  movq $0, 16(%rsp)
  jmp exception_out

  .section .note.GNU-stack, "", @progbits
