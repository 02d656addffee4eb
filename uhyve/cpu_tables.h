/* The processor's tables in guest memory: IDT, and for each CPU GDT, TSS, stacks, upcall area. */
#ifndef UHYVE_CPU_TABLES_H
#define UHYVE_CPU_TABLES_H

#include "elf_image.h"
#include "guest_layout.h"
#include "guest_memory.h"
#include "hypercalls/hypercalls.h"

#define CPU_GDT_BYTES     0x48
#define CPU_TSS_OFFSET    0x80 /* in the page of tables */
#define CPU_IO_MAP_OFFSET 0x68 /* in the TSS: behind its last field */
/* One bit for every port up to the last hypercall port, and the byte of ones that ends the map. */
#define CPU_IO_MAP_BYTES (HC_PORT_END / 8 + 1)
#define CPU_TSS_LIMIT    (CPU_IO_MAP_OFFSET + CPU_IO_MAP_BYTES - 1)

#define IDT_BYTES        4096

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
