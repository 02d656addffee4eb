/* Writes IDT, GDT, TSS, stacks and upcall areas, so that ring 0 of a guest starts with `ltr` and
 * `iretq`. */
#include "cpu_tables.h"

#include <stddef.h>
#include <string.h>

/* Intel SDM vol. 3A (June 2023): 6.14.1 64-bit IDT gates, 3.4.5 descriptors, 7.7 64-bit TSS. */
struct idt_gate
{
  uint16_t offset_low;
  uint16_t selector;
  uint8_t ist;
  uint8_t attributes;
  uint16_t offset_middle;
  uint32_t offset_high;
  uint32_t reserved;
};

struct tss
{
  uint32_t reserved0;
  uint32_t rsp_low_high[6]; /* RSP0 to RSP2 */
  uint32_t reserved1[2];
  uint32_t ist_low_high[14]; /* IST1 to IST7 */
  uint32_t reserved2[2];
  uint16_t reserved3;
  uint16_t io_map_offset;
};

/* What `iretq` pops. */
struct interrupt_frame
{
  uint64_t rip, cs, rflags, rsp, ss;
};

_Static_assert(sizeof(struct idt_gate) == 16, "SDM");
_Static_assert(sizeof(struct tss) == CPU_IO_MAP_OFFSET, "SDM");
_Static_assert(CPU_TSS_OFFSET + CPU_TSS_LIMIT < 4096, "a CPU's tables share one page");
_Static_assert(3 * CPU_IST_STACK_BYTES <= 4096, "the IST stacks share one page");

#define GATE_INTERRUPT         0x8e /* present, DPL 0, 64-bit interrupt gate */
#define GATE_DPL3              0x60

#define DESCRIPTOR_KERNEL_CODE 0x00af9b000000ffffull
#define DESCRIPTOR_KERNEL_DATA 0x00cf93000000ffffull
#define DESCRIPTOR_USER_CODE   0x00affb000000ffffull
#define DESCRIPTOR_USER_DATA   0x00cff3000000ffffull
#define DESCRIPTOR_TSS         0x0000890000000000ull /* available: `ltr` makes it busy */

#define RFLAGS_RESERVED        0x2
#define RFLAGS_INTERRUPT       0x200

#define VECTOR_NMI             2
#define VECTOR_BREAKPOINT      3
#define VECTOR_DOUBLE_FAULT    8
#define VECTOR_MACHINE_CHECK   18

static uint8_t gate_ist(unsigned int vector)
{
  switch (vector)
  {
  case VECTOR_DOUBLE_FAULT:
    return UHYVE_IST_DOUBLE_FAULT;
  case VECTOR_NMI:
    return UHYVE_IST_NMI;
  case VECTOR_MACHINE_CHECK:
    return UHYVE_IST_MACHINE_CHECK;
  default:
    return 0;
  }
}

static void write_idt(struct idt_gate *idt, uint64_t stubs_gva, uint32_t stub_bytes)
{
  for (unsigned int vector = 0; vector < 256; vector++)
  {
    uint64_t handler = stubs_gva + (uint64_t) vector * stub_bytes;
    idt[vector] = (struct idt_gate){
        .offset_low = (uint16_t) handler,
        .selector = UHYVE_SEL_KERNEL_CODE,
        .ist = gate_ist(vector),
        .attributes = vector == VECTOR_BREAKPOINT ? GATE_INTERRUPT | GATE_DPL3 : GATE_INTERRUPT,
        .offset_middle = (uint16_t) (handler >> 16),
        .offset_high = (uint32_t) (handler >> 32),
    };
  }
}

static void write_gdt(uint64_t *gdt, uint64_t tss_gva)
{
  gdt[UHYVE_SEL_KERNEL_CODE / 8] = DESCRIPTOR_KERNEL_CODE;
  gdt[UHYVE_SEL_KERNEL_DATA / 8] = DESCRIPTOR_KERNEL_DATA;
  gdt[UHYVE_SEL_USER_DATA / 8] = DESCRIPTOR_USER_DATA;
  gdt[UHYVE_SEL_USER_CODE / 8] = DESCRIPTOR_USER_CODE;
  gdt[UHYVE_SEL_TSS / 8] =
      DESCRIPTOR_TSS | CPU_TSS_LIMIT | (tss_gva & 0xffffff) << 16 | (tss_gva >> 24 & 0xff) << 56;
  gdt[UHYVE_SEL_TSS / 8 + 1] = tss_gva >> 32;
}

static void set_stack(uint32_t low_high[2], uint64_t gva)
{
  low_high[0] = (uint32_t) gva;
  low_high[1] = (uint32_t) (gva >> 32);
}

/* The nucleus's CPU data end the page of its stack. */
#define NUCLEUS_CPU_OFFSET (CPU_IST_STACKS_OFFSET - sizeof(struct uhyve_nucleus_cpu))

static void write_tss(uint8_t *at, uint64_t nucleus_gva)
{
  struct tss tss = {.io_map_offset = CPU_IO_MAP_OFFSET};
  set_stack(&tss.rsp_low_high[0], nucleus_gva + NUCLEUS_CPU_OFFSET);
  for (unsigned int ist = 1; ist <= 3; ist++)
    set_stack(&tss.ist_low_high[2 * (size_t) (ist - 1)],
              nucleus_gva + CPU_IST_STACKS_OFFSET + (uint64_t) ist * CPU_IST_STACK_BYTES);
  memcpy(at, &tss, sizeof(tss));

  uint8_t *io_map = at + CPU_IO_MAP_OFFSET;
  memset(io_map, 0xff, CPU_IO_MAP_BYTES);
  memset(io_map + HC_PORT_FIRST / 8, 0, (HC_PORT_END - HC_PORT_FIRST) / 8);
}

static void write_nucleus(uint8_t *nucleus, const struct guest_layout *layout,
                          const struct elf_image *image, unsigned int cpu)
{
  uint64_t nucleus_gva = guest_layout_nucleus_gva(layout, cpu);
  uint64_t upcall_gva = guest_layout_upcall_gva(layout, cpu);
  write_gdt((uint64_t *) (void *) (nucleus + CPU_TABLES_OFFSET),
            nucleus_gva + CPU_TABLES_OFFSET + CPU_TSS_OFFSET);
  write_tss(nucleus + CPU_TABLES_OFFSET + CPU_TSS_OFFSET, nucleus_gva);

  struct uhyve_nucleus_cpu data = {
      .upcall_area_gva = upcall_gva + CPU_UPCALL_AREA_OFFSET,
      .upcall_entry_gva = layout->image_gva + image->layout.upcall_entry,
      .upcall_stack_gva = upcall_gva + CPU_UPCALL_STACK_OFFSET + CPU_UPCALL_STACK_BYTES,
      .tlb_generation_gva =
          layout->start_block_gva + offsetof(struct uhyve_start_info, tlb_generation),
      .page_tables_len_bytes = layout->tables_bytes,
  };
  struct interrupt_frame frame = {
      .rip = layout->image_gva +
             (cpu == 0 ? image->layout.start_entry : image->layout.secondary_entry),
      .cs = UHYVE_SEL_USER_CODE,
      .rflags = RFLAGS_RESERVED | RFLAGS_INTERRUPT,
      .rsp = cpu == 0 ? UHYVE_STACK_TOP : data.upcall_stack_gva,
      .ss = UHYVE_SEL_USER_DATA,
  };
  memcpy(nucleus + NUCLEUS_CPU_OFFSET, &data, sizeof(data));
  memcpy(nucleus + NUCLEUS_CPU_OFFSET - sizeof(frame), &frame, sizeof(frame));
}

/* A secondary CPU starts masked: it has nothing to interrupt yet. */
static void write_upcall_area(uint8_t *at, const struct guest_layout *layout, unsigned int cpu)
{
  struct uhyve_upcall_area area = {
      .self_gva = guest_layout_upcall_gva(layout, cpu) + CPU_UPCALL_AREA_OFFSET,
      .masked = cpu == 0 ? 0 : 1,
      .exception = UHYVE_NO_EXCEPTION,
      .cpu = cpu,
  };
  memcpy(at, &area, sizeof(area));
}

void cpu_tables_write(const struct guest_layout *layout, const struct elf_image *image,
                      const struct guest_memory *memory, unsigned int cpu_count)
{
  write_idt(guest_layout_boot_hva(layout, memory, layout->idt_gva),
            layout->image_gva + image->layout.vector_stubs, image->layout.vector_stub_bytes);
  for (unsigned int cpu = 0; cpu < cpu_count; cpu++)
  {
    write_nucleus(guest_layout_boot_hva(layout, memory, guest_layout_nucleus_gva(layout, cpu)),
                  layout, image, cpu);
    write_upcall_area(
        guest_layout_boot_hva(layout, memory,
                              guest_layout_upcall_gva(layout, cpu) + CPU_UPCALL_AREA_OFFSET),
        layout, cpu);
  }
}

struct cpu_start cpu_tables_start(const struct guest_layout *layout, const struct elf_image *image,
                                  unsigned int cpu)
{
  uint64_t nucleus_gva = guest_layout_nucleus_gva(layout, cpu);
  return (struct cpu_start){
      .rip_gva = layout->image_gva + image->layout.boot_entry,
      .rsp_gva = nucleus_gva + NUCLEUS_CPU_OFFSET - sizeof(struct interrupt_frame),
      .idt_gva = layout->idt_gva,
      .gdt_gva = nucleus_gva + CPU_TABLES_OFFSET,
      .tss_gva = nucleus_gva + CPU_TABLES_OFFSET + CPU_TSS_OFFSET,
      .gs_gva = guest_layout_upcall_gva(layout, cpu) + CPU_UPCALL_AREA_OFFSET,
      .syscall_gva = layout->image_gva + image->layout.syscall_entry,
      .argument = layout->start_block_gva,
  };
}
