/* Where everything lies in a guest's memory, and its page tables. */
#ifndef UHYVE_GUEST_LAYOUT_H
#define UHYVE_GUEST_LAYOUT_H

#include <stdint.h>

#include "elf_image.h"
#include "guest_memory.h"
#include "hypercalls/start_info.h"
#include "page_tables.h"

/* One CPU's pages for the nucleus alone. Those of all CPUs lie side by side. */
#define CPU_TABLES_OFFSET        0x0000 /* GDT, TSS */
#define CPU_NUCLEUS_STACK_OFFSET 0x1000 /* and struct uhyve_nucleus_cpu at its end */
#define CPU_IST_STACKS_OFFSET    0x2000 /* three */
#define CPU_NUCLEUS_BYTES        0x3000

/* One CPU's pages that ring 3 shares with the nucleus. Those of all CPUs lie side by side. */
#define CPU_GUARD_OFFSET        0x0000 /* unmapped */
#define CPU_UPCALL_STACK_OFFSET 0x1000
#define CPU_UPCALL_STACK_BYTES  0x4000
#define CPU_UPCALL_AREA_OFFSET  0x5000
#define CPU_UPCALL_BYTES        0x6000

_Static_assert(CPU_UPCALL_STACK_OFFSET + CPU_UPCALL_STACK_BYTES == CPU_UPCALL_AREA_OFFSET,
               "upcall_entry finds the area at the end of its stack");

#define CPU_IST_STACK_BYTES 0x500

struct guest_layout
{
  uint64_t image_gpa;
  uint64_t image_gva;
  uint64_t image_bytes; /* whole pages */
  uint64_t load_bias;   /* to add to addresses in the ELF file */
  uint64_t data_gva;    /* the last writable segment, without what is read-only in it */
  uint64_t data_bytes;

  uint64_t boot_gpa; /* IDT, CPUs' blocks, start information: linear from UHYVE_KERNEL_BASE */
  uint64_t boot_bytes;
  uint64_t idt_gva;
  uint64_t nucleus_gva;     /* CPU_NUCLEUS_BYTES a CPU */
  uint64_t upcall_gva;      /* CPU_UPCALL_BYTES a CPU */
  uint64_t start_block_gva; /* start information and what it points to */
  uint64_t start_block_bytes;

  uint64_t tables_gpa;
  uint64_t tables_bytes;
  struct page_tables tables;

  uint64_t initrd_gpa; /* whole pages, read-only for the guest, in the window */
  uint64_t initrd_bytes;

  uint64_t stack_gpa;
  uint64_t stack_gva;
  uint64_t stack_bytes;
  uint64_t stack_guard_bytes; /* unmapped, below it */
  uint64_t memory_gpa;        /* free memory, the guest's to manage */
  uint64_t memory_bytes;

  unsigned int interface_count; /* pages of registers, in the window and in no RAM */
};

#define GUEST_STACK_MOST_BYTES (512ull << 20)

/* What a guest is to have. */
struct guest_layout_request
{
  unsigned int cpu_count;
  uint64_t start_block_bytes; /* start information, arguments and environment */
  uint64_t initrd_bytes;
  uint64_t
      stack_bytes; /* 0: as is usual; more than GUEST_STACK_MOST_BYTES: as much as makes sense */
  unsigned int interface_count; /* of the network */
  bool randomize;
};

/* Decides all addresses. Returns 0, -ENOMEM when the guest's memory is too small, or another
 * negative errno. */
int guest_layout_plan(struct guest_layout *layout, const struct elf_image *image,
                      const struct guest_memory *memory,
                      const struct guest_layout_request *request);

/* How much RAM a guest starts with: all but most of the free memory. */
uint64_t guest_layout_first_bytes(const struct guest_layout *layout,
                                  const struct guest_memory *memory);

/* Maps free memory in the window: what lies in [from, to), counted from the start of the RAM
 * without the hole. Takes no table. Returns 0 or -ENOSPC. */
int guest_layout_map_window(struct guest_layout *layout, const struct guest_memory *memory,
                            uint64_t ram_from, uint64_t ram_to);

/* Writes the page tables for what is attached of the memory, and tells guest_memory what the guest
 * may not touch. Returns 0 or a negative errno. */
int guest_layout_map(struct guest_layout *layout, const struct elf_image *image,
                     struct guest_memory *memory, unsigned int cpu_count, bool huge_pages);

/* Guest-virtual addresses of a CPU's two blocks. */
uint64_t guest_layout_nucleus_gva(const struct guest_layout *layout, unsigned int cpu);
uint64_t guest_layout_upcall_gva(const struct guest_layout *layout, unsigned int cpu);

/* Host address of something in the boot area. */
void *guest_layout_boot_hva(const struct guest_layout *layout, const struct guest_memory *memory,
                            uint64_t gva);

#endif
