/* Offsets and numbers that assembly shares with C; layout.c asserts each against the C headers. */
#ifndef GUEST_ARCH_LAYOUT_H
#define GUEST_ARCH_LAYOUT_H

/* struct uhyve_nucleus_cpu, at the top of the nucleus's stack */
#define CPU_UPCALL_AREA    0
#define CPU_UPCALL_ENTRY   8
#define CPU_UPCALL_STACK   16
#define CPU_TLB_GENERATION 24
#define CPU_BYTES          48
#define CPU_TABLES_BYTES   32

/* struct uhyve_upcall_area, at GS in ring 3 */
#define AREA_SELF            0
#define AREA_MASKED          8
#define AREA_ACTIVE          12
#define AREA_PENDING         16
#define AREA_WAS_MASKED      20
#define AREA_RIP             24
#define AREA_RSP             32
#define AREA_RFLAGS          40
#define AREA_EXCEPTION       48
#define AREA_ERROR_CODE      52
#define AREA_FAULT_GVA       56
#define AREA_PENDING_VECTORS 64
#define AREA_TLB_SEEN        104
#define AREA_NUCLEUS_CALLS   160
#define AREA_TABLE_ENTRIES   192

/* struct percpu, at GS too */
#define PERCPU_CURRENT    704

#define AREA_NO_EXCEPTION 0xffffffff

/* struct uhyve_start_info */
#define START_MARK_RING3 16

#define SELECTOR_TSS     0x38

#define WRITE_ENTRIES    64
#define WRITE_FLUSH      0x100
#define TABLES_BASE      0xf0000000000
#define VECTOR_IPI_FIRST 0x40
#define VECTOR_IPI_END   0x70

/* struct context */
#define CONTEXT_RSP   0
#define CONTEXT_MXCSR 8
#define CONTEXT_FCW   12

/* struct trap_frame */
#define TRAP_RBX    24
#define TRAP_RBP    32
#define TRAP_R12    88
#define TRAP_RIP    120
#define TRAP_RSP    128
#define TRAP_RFLAGS 136

/* Ports */
#define PORT_NUCLEUS_FAILURE 0xf8

/* Nucleus calls: the number in %rax, arguments in %rdi and %rsi, result in %rax; other registers
 * are lost as in a call of a C function. The order serves the nucleus's search. */
#define NUCLEUS_TIMER_ARM 0 /* rdi: TSC deadline, 0 disarms */
#define NUCLEUS_IDLE      1 /* halt until an interrupt, unless one is pending */
#define NUCLEUS_SET_FS    2 /* rdi: FS base */
#define NUCLEUS_TABLE_WRITE                                                        \
  3 /* rdi: offset in the pool of tables of the first entry; rsi: how many,        \
       all in one table, from the CPU's table_entries, and WRITE_FLUSH if this CPU \
       shall forget all translations afterwards. Returns rsi */
#define NUCLEUS_TLB_FLUSH 4 /* this CPU forgets all translations */
#define NUCLEUS_IPI       5 /* rdi: APIC id; rsi: vector, UHYVE_VECTOR_TIMER to _END */
#define NUCLEUS_RESET     6 /* the machine begins anew; only where there is no monitor */

#define NUCLEUS_EINVAL    (-22)
#define NUCLEUS_ENOSYS    (-38)

/* Upcalls enter with interrupts on and DF, TF, AC clear. */
#define UPCALL_RFLAGS 0x202

#endif
