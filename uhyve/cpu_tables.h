/* The processor's tables in guest memory: IDT, and for each CPU GDT, TSS, stacks, upcall area. */
#ifndef UHYVE_CPU_TABLES_H
#define UHYVE_CPU_TABLES_H

#include "elf_image.h"
#include "guest_layout.h"
#include "guest_memory.h"
#include "hypercalls/hypercalls.h"
#include "hypercalls/processor_tables.h"

#define CPU_GDT_BYTES  PROCESSOR_GDT_BYTES
#define CPU_TSS_OFFSET PROCESSOR_TSS_OFFSET
#define CPU_TSS_LIMIT  PROCESSOR_TSS_LIMIT(HC_PORT_END) /* up to the last hypercall port */
#define IDT_BYTES      PROCESSOR_IDT_BYTES

/* Writes the tables of all CPUs. */
void cpu_tables_write(const struct guest_layout *layout, const struct elf_image *image,
                      const struct guest_memory *memory, unsigned int cpu_count);

/* What a CPU's registers start with. */
struct cpu_start
{
  uint64_t rip_gva; /* the nucleus's boot entry */
  uint64_t rsp_gva; /* the frame that its `iretq` pops */
  uint64_t idt_gva;
  uint64_t gdt_gva;
  uint64_t tss_gva;
  uint64_t gs_gva;
  uint64_t syscall_gva; /* LSTAR */
  uint64_t argument;    /* rdi: the start information */
};

struct cpu_start cpu_tables_start(const struct guest_layout *layout, const struct elf_image *image,
                                  unsigned int cpu);

#endif
