/* The start information: what the monitor tells a guest, in guest memory, before it starts.
 *
 * %rdi of the first instruction in ring 3 holds its guest-virtual address. It lies in memory the
 * guest may write. A Multiboot 1 information structure (memory map, command line) is beside it,
 * for code that serves other boot paths as well.
 */
#ifndef UHYVE_START_INFO_H
#define UHYVE_START_INFO_H

#include <stddef.h>
#include <stdint.h>

#define UHYVE_START_MAGIC 0x7472617473796875 /* "uhystart" */

/* ---- The guest's address space under the monitor ---- */

#define UHYVE_KERNEL_BASE 0x100000000ull    /* 4 GiB: per-CPU blocks, start information */
#define UHYVE_STACK_TOP   0x130000000ull    /* end of the main stack, grows down */
#define UHYVE_HEAP_BASE   0x140000000ull    /* 5 GiB: application heap */
#define UHYVE_PIE_BASE    0x10000000000ull  /* 1 TiB: position-independent images */
#define UHYVE_PIE_END     0x80000000000ull  /* 8 TiB */
#define UHYVE_MAP_BASE    0x80000000000ull  /* 8 TiB: mappings and task stacks */
#define UHYVE_MAP_END     0xe0000000000ull  /* 14 TiB */
#define UHYVE_TABLES_BASE 0xf0000000000ull  /* 15 TiB: the page tables, for the nucleus */
#define UHYVE_WINDOW_BASE 0x100000000000ull /* 16 TiB: all guest-physical memory */

/* RAM ends here at the latest and goes on at 4 GiB: devices and APICs lie between. */
#define UHYVE_GPA_HOLE_BEGIN 0xc0000000ull
#define UHYVE_GPA_HOLE_END   0x100000000ull

/* ---- Processor tables, the same for every CPU ---- */

#define UHYVE_SEL_KERNEL_CODE   0x08
#define UHYVE_SEL_KERNEL_DATA   0x10
#define UHYVE_SEL_USER_DATA     0x2b /* the values Linux uses: a PVM host shows its own selectors */
#define UHYVE_SEL_USER_CODE     0x33
#define UHYVE_SEL_TSS           0x38

#define UHYVE_IST_DOUBLE_FAULT  1
#define UHYVE_IST_NMI           2
#define UHYVE_IST_MACHINE_CHECK 3

#define UHYVE_VECTOR_TIMER      0x40
#define UHYVE_VECTOR_WAKE       0x41 /* from another CPU: look for work */
#define UHYVE_VECTOR_TLB        0x42 /* from another CPU: served by the nucleus */
#define UHYVE_VECTOR_STREAM     0x43 /* a stream is ready, see HC_watch */
#define UHYVE_VECTOR_SIGNAL     0x44 /* a signal from outside, see HC_signals */
#define UHYVE_VECTOR_NETWORK    0x45 /* at CPU 0: some interface has something to be served */
#define UHYVE_VECTOR_LINK       0x46 /* at CPU 0: the status field of some interface has changed */
#define UHYVE_VECTOR_LINE       0x47 /* at CPU 0, without a monitor: a line that devices may share */
#define UHYVE_VECTOR_SOURCES    0x50 /* interrupt sources of devices and programs ... */
#define UHYVE_VECTOR_END        0x70 /* ... up to here */
#define UHYVE_VECTOR_SPURIOUS   0xff

/* The nucleus's data of one CPU. RSP0 of the TSS is its address: the stack lies below it, so the
 * nucleus finds it from its own stack. Supervisor-only, written by the monitor, never after. */
struct uhyve_nucleus_cpu
{
  uint64_t upcall_area_gva; /* struct uhyve_upcall_area of this CPU */
  uint64_t upcall_entry_gva;
  uint64_t upcall_stack_gva;      /* top */
  uint64_t tlb_generation_gva;    /* tlb_generation of the start information */
  uint64_t page_tables_len_bytes; /* of the pool at UHYVE_TABLES_BASE */
  uint64_t reserved;
};

#define UHYVE_NO_EXCEPTION 0xffffffffu

/* What a CPU has done, counted by the kernel library for --stats. */
struct uhyve_cpu_counters
{
  uint64_t switches;
  uint64_t wake_ups;
  uint64_t ipis; /* sent */
  uint64_t timer_interrupts;
  uint64_t other_interrupts;
  uint64_t upcalls;
  uint64_t nucleus_calls;
  uint64_t page_faults;    /* that mapped a page */
  uint64_t tlb_shootdowns; /* asked of other CPUs */
  uint64_t steals;         /* tasks taken from other CPUs */
};

/* Page table entries that one nucleus call writes at most. */
#define UHYVE_TABLE_ENTRIES 64

/* Where nucleus and kernel library meet: one per CPU, at the start of its GS page, right behind its
 * upcall stack.
 *
 * 'masked' set by ring 3 holds interrupts back: the nucleus notes the vector and returns. 'active'
 * says that rip, rsp, rflags belong to code interrupted by an upcall that has not yet returned.
 * An exception is delivered while 'masked', never while 'active'. */
struct uhyve_upcall_area
{
  uint64_t self_gva;
  uint32_t masked;
  uint32_t active;
  uint32_t pending;    /* not 0: some bit of pending_vectors is set */
  uint32_t was_masked; /* 'masked' as the delivered upcall found it */
  uint64_t rip;
  uint64_t rsp;
  uint64_t rflags;
  uint32_t exception; /* vector of the delivered exception, else UHYVE_NO_EXCEPTION */
  uint32_t error_code;
  uint64_t fault_gva; /* CR2 */
  uint64_t pending_vectors[4];
  uint32_t cpu;
  uint32_t reserved;
  uint64_t tlb_seen; /* the generation this CPU's translations have reached */
  struct uhyve_cpu_counters counters;
  uint64_t table_entries[UHYVE_TABLE_ENTRIES]; /* what NUCLEUS_TABLE_WRITE writes */
};

_Static_assert(sizeof(struct uhyve_nucleus_cpu) == 48, "ABI; RSP0 stays aligned to 16");
_Static_assert(sizeof(struct uhyve_upcall_area) == 704, "ABI");

/* Realtime is realtime_base_ns + ((TSC - tsc_base) * ns_per_cycle >> 48). To be read again when
 * sequence was odd before or has changed after. The monitor alone writes it, see HC_clock. */
struct uhyve_clock
{
  uint32_t sequence;
  uint32_t reserved;
  uint64_t tsc_base;
  uint64_t realtime_base_ns;
  uint64_t ns_per_cycle;
};

/* A writable range whose guest-physical addresses are contiguous. */
struct uhyve_linear_range
{
  uint64_t gva;
  uint64_t gpa;
  uint64_t len_bytes;
};

#define UHYVE_LINEAR_RANGES 4

/* Points in time that the guest leaves behind for --timeline, in TSC cycles; 0: not reached. */
enum uhyve_mark
{
  UHYVE_MARK_RING3, /* first instruction in ring 3 */
  UHYVE_MARK_MAIN,  /* main() is called */
  UHYVE_MARK_EXIT,  /* main() has returned or exit() was called */
  UHYVE_MARKS
};

/* A file or folder of the host that the guest sees under a path of its own. */
struct uhyve_mapping
{
  uint64_t path_gva; /* absolute, without '.', '..', double or trailing '/'; "/" is the root */
  uint32_t flags;    /* UHYVE_MAPPING_* */
  uint32_t reserved;
};

#define UHYVE_MAPPING_FOLDER    1 /* else a file */
#define UHYVE_MAPPING_READ_ONLY 2

/* A network interface: a virtio network device behind registers of version 2 (virtio 1.2, section
 * 4.2), a page that is mapped in the window, for reading and writing. Its interrupts are
 * UHYVE_VECTOR_NETWORK, without InterruptStatus having to be read. */
struct uhyve_interface
{
  uint64_t registers_gpa;
  uint32_t flags;          /* UHYVE_INTERFACE_* */
  uint32_t ipv4_prefix;    /* bits of the network */
  uint8_t ipv4[4];         /* by option; else 0: DHCP */
  uint8_t ipv4_gateway[4]; /* 0: none */
  uint8_t ipv6[16];        /* by option, beside what the network assigns; else 0 */
  uint8_t ipv6_gateway[16];
  uint32_t ipv6_prefix;
  uint32_t interrupt_line; /* without a monitor: of the I/O APICs */
};

#define UHYVE_INTERFACE_STATIC 1 /* ipv4 counts, and nobody is asked for one */

#define UHYVE_REGISTERS_BASE   0xd0000000ull /* of interface n: behind it by n pages */
#define UHYVE_MOST_INTERFACES  8

/* Limits as getrlimit() has them; all ones: none. */
struct uhyve_limit
{
  uint64_t soft;
  uint64_t hard;
};

/* How ACPI switches a machine off that has no monitor (specification 6.4, 4.8.3.2 and 4.8.3.7). */
struct uhyve_power_off
{
  uint64_t register_gpa; /* of a sleep control register in memory, a byte; else 0 */
  uint16_t port[2];      /* PM1a and PM1b control registers, two bytes each; 0: not there */
  uint16_t value[2];     /* for these ports; value[0] also for the sleep control register */
  uint16_t enable_port;  /* if the machine has to be told first that ACPI is used; else 0 */
  uint16_t sleep_port;   /* of a sleep control register that is a port, a byte; else 0 */
  uint8_t enable_value;
  uint8_t reserved[3];
};

#define UHYVE_MOST_IO_APICS 8
#define UHYVE_ISA_LINES     16

struct uhyve_io_apic
{
  uint64_t registers_gpa;
  uint32_t first_line; /* counted over all I/O APICs */
  uint32_t reserved;
};

/* Where one of the sixteen interrupts of a PC arrives. */
struct uhyve_isa_line
{
  uint32_t line;
  uint32_t is_low; /* 1: it interrupts when its level falls */
};

/* What firmware's tables say of interrupts, where there is no monitor. */
struct uhyve_lines
{
  uint32_t io_apic_count; /* 0: no table tells of any */
  uint32_t reserved;
  struct uhyve_io_apic io_apics[UHYVE_MOST_IO_APICS];
  struct uhyve_isa_line isa[UHYVE_ISA_LINES];
};

struct uhyve_start_info
{
  uint64_t magic;      /* UHYVE_START_MAGIC */
  uint32_t version;    /* UHYVE_INTERFACE_VERSION */
  uint32_t size_bytes; /* of this struct as the monitor knows it */

  uint64_t mark_tsc[UHYVE_MARKS]; /* written by the guest */

  uint32_t cpu_count;
  uint32_t argc;
  uint64_t argv_gva; /* argc pointers and a null pointer; writable, the guest's to keep */
  uint64_t envp_gva; /* pointers and a null pointer */

  uint32_t host_cpu_count; /* that these CPUs share: if they are fewer, waiting in a loop is bad */
  uint32_t is_bare;        /* 1: there is no monitor; the guest has written this itself */

  uint64_t tsc_khz;
  uint64_t apic_khz; /* 0: the APIC's timer takes deadlines of the TSC; else its counter's rate */
  uint64_t tsc_base; /* the TSC when the host's clocks were read */
  uint64_t monotonic_base_ns; /* CLOCK_MONOTONIC of the host */
  struct uhyve_clock clock;   /* CLOCK_REALTIME of the host */

  uint64_t page_table_root_gpa;
  uint64_t page_tables_gpa; /* the pool all page tables come from */
  uint64_t page_tables_len_bytes;
  uint64_t page_tables_used_bytes; /* by the monitor; the rest is the guest's, and zero (not if
                                      is_bare) */
  uint64_t tlb_generation;         /* the guest's count of changes that a TLB may have to forget */

  uint64_t apic_ids_gva; /* uint32_t for each CPU; 0: a CPU's number is its APIC's */
  uint64_t cpu_area_gva; /* struct uhyve_upcall_area of CPU 0, and how far it is to the next */
  uint64_t cpu_area_stride_bytes;

  uint64_t image_gva;
  uint64_t image_len_bytes;
  uint64_t stack_gva; /* main stack, lowest mapped address; the page below is its guard */
  uint64_t stack_len_bytes;
  uint64_t stack_guard_bytes;

  /* Free memory, the guest's to manage: contiguous but for the hole, which these lengths do not
   * count. */
  uint64_t memory_gpa;
  uint64_t memory_len_bytes;
  uint64_t memory_attached_bytes; /* at the start; hypercall 'memory' attaches more */
  uint64_t hole_begin_gpa;        /* where there is no RAM */
  uint64_t hole_end_gpa;

  /* Most buffers lie here: no walk through the page tables. Unused entries have length 0. */
  struct uhyve_linear_range linear[UHYVE_LINEAR_RANGES];

  uint32_t stream_mode[3];   /* st_mode of the host's descriptors 0, 1, 2; 0: closed */
  uint32_t streams_terminal; /* bit n: stream n is a terminal */

  uint64_t stack_canary;   /* random */
  uint8_t random_seed[32]; /* the guest erases it when it has used it */

  uint64_t multiboot_info_gva;

  /* Files */
  uint64_t mappings_gva; /* struct uhyve_mapping; the index is the number hypercalls have */
  uint32_t mapping_count;
  uint32_t umask;
  uint64_t working_folder_gva; /* absolute, as mappings' paths */
  uint64_t initrd_gva;         /* an archive, readable; length 0: none */
  uint64_t initrd_len_bytes;

  /* The process */
  uint64_t host_name_gva;
  uint64_t signals_ignored;       /* bit n - 1 stands for signal n */
  struct uhyve_limit stack_limit; /* bytes */
  struct uhyve_limit descriptor_limit;
  uint32_t user, group; /* of the monitor: whose files the guest makes */

  /* Network */
  uint64_t interfaces_gva; /* struct uhyve_interface */
  uint32_t interface_count;

  /* Where there is no monitor */
  uint32_t ecam_buses; /* of which PCI devices have their configuration in memory; 0: none */
  uint64_t ecam_gpa;
  struct uhyve_power_off power_off;
  uint64_t boot_tsc;  /* when it began */
  uint32_t log_level; /* 0: errors alone, 1: normal, 2: verbose */
  uint32_t pci_roots; /* host bridges that firmware names; 0: not known */
  uint64_t lines_gva; /* struct uhyve_lines */
};

_Static_assert(sizeof(struct uhyve_interface) == 64, "ABI");
_Static_assert(sizeof(struct uhyve_lines) == 264, "ABI");
_Static_assert(sizeof(struct uhyve_power_off) == 24, "ABI");
_Static_assert(sizeof(struct uhyve_start_info) == 608, "ABI");

#endif
