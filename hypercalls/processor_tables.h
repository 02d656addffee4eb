/* The tables of an x86-64 processor as a guest has them: written by the monitor, or by the guest
 * itself where there is none. Intel SDM vol. 3A (June 2023): 6.14.1 64-bit IDT gates, 3.4.5
 * descriptors, 7.7 64-bit TSS. */
#ifndef UHYVE_PROCESSOR_TABLES_H
#define UHYVE_PROCESSOR_TABLES_H

#include <stddef.h>
#include <stdint.h>

#include "hypercalls/start_info.h"

#define PROCESSOR_GDT_BYTES     0x48
#define PROCESSOR_IDT_BYTES     4096
#define PROCESSOR_TSS_OFFSET    0x80 /* from the GDT */
#define PROCESSOR_IO_MAP_OFFSET 0x68 /* in the TSS: behind its last field */
#define PROCESSOR_ALL_PORTS     0x10000

/* One bit for every port, and the byte of ones that ends the map. */
#define PROCESSOR_TSS_LIMIT(ports) (PROCESSOR_IO_MAP_OFFSET + (ports) / 8 + 1 - 1)

struct processor_gate
{
  uint16_t offset_low;
  uint16_t selector;
  uint8_t ist;
  uint8_t attributes;
  uint16_t offset_middle;
  uint32_t offset_high;
  uint32_t reserved;
};

struct processor_tss
{
  uint32_t reserved0;
  uint32_t rsp_low_high[6]; /* RSP0 to RSP2 */
  uint32_t reserved1[2];
  uint32_t ist_low_high[14]; /* IST1 to IST7 */
  uint32_t reserved2[2];
  uint16_t reserved3;
  uint16_t io_map_offset;
};

_Static_assert(sizeof(struct processor_gate) == 16, "SDM");
_Static_assert(sizeof(struct processor_tss) == PROCESSOR_IO_MAP_OFFSET, "SDM");

#define PROCESSOR_GATE_INTERRUPT 0x8e /* present, DPL 0, 64-bit interrupt gate */
#define PROCESSOR_GATE_DPL3      0x60

#define PROCESSOR_NMI            2
#define PROCESSOR_BREAKPOINT     3
#define PROCESSOR_DOUBLE_FAULT   8
#define PROCESSOR_PROTECTION     13
#define PROCESSOR_MACHINE_CHECK  18

static inline uint8_t processor_gate_ist(unsigned int vector)
{
  return vector == PROCESSOR_DOUBLE_FAULT    ? UHYVE_IST_DOUBLE_FAULT
         : vector == PROCESSOR_NMI           ? UHYVE_IST_NMI
         : vector == PROCESSOR_MACHINE_CHECK ? UHYVE_IST_MACHINE_CHECK
                                             : 0;
}

static inline void processor_set_handler(struct processor_gate *gate, uint64_t handler)
{
  gate->offset_low = (uint16_t) handler;
  gate->offset_middle = (uint16_t) (handler >> 16);
  gate->offset_high = (uint32_t) (handler >> 32);
}

/* A gate for each vector, to stubs that lie so far from each other. */
static inline void processor_write_idt(struct processor_gate *idt, uint64_t stubs_gva,
                                       uint32_t stub_bytes)
{
  for (unsigned int vector = 0; vector < 256; vector++)
  {
    processor_set_handler(&idt[vector], stubs_gva + (uint64_t) vector * stub_bytes);
    idt[vector].selector = UHYVE_SEL_KERNEL_CODE;
    idt[vector].ist = processor_gate_ist(vector);
    idt[vector].attributes =
        PROCESSOR_GATE_INTERRUPT | (vector == PROCESSOR_BREAKPOINT ? PROCESSOR_GATE_DPL3 : 0);
    idt[vector].reserved = 0;
  }
}

static inline void processor_write_gdt(uint64_t *gdt, uint64_t tss_gva, uint64_t tss_limit)
{
  gdt[UHYVE_SEL_KERNEL_CODE / 8] = 0x00af9b000000ffffull;
  gdt[UHYVE_SEL_KERNEL_DATA / 8] = 0x00cf93000000ffffull;
  gdt[UHYVE_SEL_USER_DATA / 8] = 0x00cff3000000ffffull;
  gdt[UHYVE_SEL_USER_CODE / 8] = 0x00affb000000ffffull;
  /* Available: `ltr` makes it busy. */
  gdt[UHYVE_SEL_TSS / 8] =
      0x0000890000000000ull | tss_limit | (tss_gva & 0xffffff) << 16 | (tss_gva >> 24 & 0xff) << 56;
  gdt[UHYVE_SEL_TSS / 8 + 1] = tss_gva >> 32;
}

static inline void processor_set_stack(uint32_t low_high[2], uint64_t gva)
{
  low_high[0] = (uint32_t) gva;
  low_high[1] = (uint32_t) (gva >> 32);
}

/* A TSS whose map of so many I/O ports denies them all. The three IST stacks lie one behind the
 * other. */
static inline void processor_write_tss(uint8_t *at, uint64_t rsp0_gva, uint64_t ist_stacks_gva,
                                       uint32_t ist_stack_bytes, unsigned int ports)
{
  struct processor_tss *tss = (struct processor_tss *) (void *) at;
  for (size_t i = 0; i < sizeof(*tss); i++)
    at[i] = 0;
  tss->io_map_offset = PROCESSOR_IO_MAP_OFFSET;
  processor_set_stack(&tss->rsp_low_high[0], rsp0_gva);
  for (unsigned int ist = 1; ist <= 3; ist++)
    processor_set_stack(&tss->ist_low_high[2 * (size_t) (ist - 1)],
                        ist_stacks_gva + (uint64_t) ist * ist_stack_bytes);
  for (unsigned int i = 0; i <= ports / 8; i++)
    at[PROCESSOR_IO_MAP_OFFSET + i] = 0xff;
}

#endif
