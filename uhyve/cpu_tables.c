/* Writes IDT, GDT, TSS, stacks and upcall areas, so that ring 0 of a guest starts with `ltr` and
 * `iretq`. */
#include "cpu_tables.h"

#include <stddef.h>
#include <string.h>

/* What `iretq` pops. */
struct interrupt_frame
{
  uint64_t rip, cs, rflags, rsp, ss;
};

_Static_assert(CPU_TSS_OFFSET + CPU_TSS_LIMIT < 4096, "a CPU's tables share one page");
_Static_assert(3 * CPU_IST_STACK_BYTES <= 4096, "the IST stacks share one page");

#define RFLAGS_RESERVED  0x2
#define RFLAGS_INTERRUPT 0x200

/* The nucleus's CPU data end the page of its stack. */
#define NUCLEUS_CPU_OFFSET (CPU_IST_STACKS_OFFSET - sizeof(struct uhyve_nucleus_cpu))

static void write_tss(uint8_t *at, uint64_t nucleus_gva)
{
  processor_write_tss(at, nucleus_gva + NUCLEUS_CPU_OFFSET, nucleus_gva + CPU_IST_STACKS_OFFSET,
                      CPU_IST_STACK_BYTES, HC_PORT_END);
  memset(at + PROCESSOR_IO_MAP_OFFSET + HC_PORT_FIRST / 8, 0, (HC_PORT_END - HC_PORT_FIRST) / 8);
}

static void write_nucleus(uint8_t *nucleus, const struct guest_layout *layout,
                          const struct elf_image *image, unsigned int cpu)
{
  uint64_t nucleus_gva = guest_layout_nucleus_gva(layout, cpu);
  uint64_t upcall_gva = guest_layout_upcall_gva(layout, cpu);
  processor_write_gdt((uint64_t *) (void *) (nucleus + CPU_TABLES_OFFSET),
                      nucleus_gva + CPU_TABLES_OFFSET + CPU_TSS_OFFSET, CPU_TSS_LIMIT);
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
  processor_write_idt(guest_layout_boot_hva(layout, memory, layout->idt_gva),
                      layout->image_gva + image->layout.vector_stubs,
                      image->layout.vector_stub_bytes);
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
