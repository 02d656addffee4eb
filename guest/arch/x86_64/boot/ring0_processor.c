/* Tables of the processor, and what a CPU is set to, in a guest without a monitor. */
#include "arch/x86_64/boot/boot.h"
#include <cpuid.h>

#include "hypercalls/processor_tables.h"

#define CR4_PAE              (1u << 5)
#define CR4_MCE              (1u << 6)
#define CR4_PGE              (1u << 7)
#define CR4_OSFXSR           (1u << 9)
#define CR4_OSXMMEXCPT       (1u << 10)
#define CR4_FSGSBASE         (1u << 16)
#define CR4_OSXSAVE          (1u << 18)

#define CPUID_1_ECX_XSAVE    (1u << 26)
#define CPUID_7_EBX_FSGSBASE (1u << 0)

#define MSR_LSTAR            0xc0000082u
#define MSR_FS_BASE          0xc0000100u
#define MSR_GS_BASE          0xc0000101u

#define RFLAGS_RESERVED      0x2
#define RFLAGS_INTERRUPT     0x200

extern char nucleus_vector_stubs[], start_entry[], bare_secondary_entry[], upcall_entry[],
    syscall_entry[];

/* What `iretq` pops. */
struct interrupt_frame
{
  uint64_t rip, cs, rflags, rsp, ss;
};

#define NUCLEUS_CPU_OFFSET (BOOT_IST_STACKS_OFFSET - sizeof(struct uhyve_nucleus_cpu))

/* Where a part of the image is mapped. */
static uint64_t gva_of(const struct boot_layout *layout, const char *part)
{
  return (uint64_t) part - layout->image_gpa + layout->image_gva;
}

static void write_nucleus(const struct boot_layout *layout, unsigned int cpu)
{
  uint64_t nucleus_gva = layout->nucleus_gva + cpu * BOOT_NUCLEUS_BYTES;
  uint64_t upcall_gva = layout->upcall_gva + cpu * BOOT_UPCALL_BYTES;
  uint8_t *nucleus = boot_place(layout, nucleus_gva);
  uint8_t *tables = nucleus + BOOT_TABLES_OFFSET;
  processor_write_gdt((uint64_t *) (void *) tables,
                      nucleus_gva + BOOT_TABLES_OFFSET + PROCESSOR_TSS_OFFSET,
                      PROCESSOR_TSS_LIMIT(PROCESSOR_ALL_PORTS));
  processor_write_tss(tables + PROCESSOR_TSS_OFFSET, nucleus_gva + NUCLEUS_CPU_OFFSET,
                      nucleus_gva + BOOT_IST_STACKS_OFFSET, BOOT_IST_STACK_BYTES,
                      PROCESSOR_ALL_PORTS);
  /* Ports of devices: ring 3 drives them. */
  uint8_t *io_map = tables + PROCESSOR_TSS_OFFSET + PROCESSOR_IO_MAP_OFFSET;
  boot_clear(io_map, PROCESSOR_ALL_PORTS / 8);

  struct uhyve_nucleus_cpu *data = (void *) (nucleus + NUCLEUS_CPU_OFFSET);
  struct interrupt_frame *frame = (void *) (nucleus + NUCLEUS_CPU_OFFSET - sizeof(*frame));
  data->upcall_area_gva = upcall_gva + BOOT_UPCALL_AREA_OFFSET;
  data->upcall_entry_gva = gva_of(layout, upcall_entry);
  data->upcall_stack_gva = upcall_gva + BOOT_UPCALL_AREA_OFFSET;
  data->tlb_generation_gva = layout->start_gva + offsetof(struct uhyve_start_info, tlb_generation);
  data->page_tables_len_bytes = layout->tables_bytes;
  frame->rip = gva_of(layout, cpu == 0 ? start_entry : bare_secondary_entry);
  frame->cs = UHYVE_SEL_USER_CODE;
  frame->rflags = RFLAGS_RESERVED | RFLAGS_INTERRUPT;
  frame->rsp = cpu == 0 ? UHYVE_STACK_TOP : data->upcall_stack_gva;
  frame->ss = UHYVE_SEL_USER_DATA;

  struct uhyve_upcall_area *area = boot_place(layout, data->upcall_area_gva);
  area->self_gva = data->upcall_area_gva;
  area->masked = cpu == 0 ? 0 : 1;
  area->exception = UHYVE_NO_EXCEPTION;
  area->cpu = cpu;
}

void boot_write_tables(const struct boot_layout *layout)
{
  boot_clear(boot_place(layout, UHYVE_KERNEL_BASE), layout->boot_bytes);
  processor_write_idt(boot_place(layout, UHYVE_KERNEL_BASE), gva_of(layout, nucleus_vector_stubs),
                      16);
  for (unsigned int cpu = 0; cpu < layout->cpu_count; cpu++)
    write_nucleus(layout, cpu);
}

static void cpuid(uint32_t leaf, uint32_t sub_leaf, uint32_t out[static 4])
{
  __cpuid_count(leaf, sub_leaf, out[0], out[1], out[2], out[3]);
}

static void set_features(void)
{
  uint32_t basic[4], leaf[4];
  uint64_t cr4 = CR4_PAE | CR4_MCE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;
  cpuid(0, 0, basic);
  if (basic[0] >= 7)
  {
    cpuid(7, 0, leaf);
    if ((leaf[1] & CPUID_7_EBX_FSGSBASE) != 0)
      cr4 |= CR4_FSGSBASE;
  }
  cpuid(1, 0, leaf);
  bool has_xsave = (leaf[2] & CPUID_1_ECX_XSAVE) != 0;
  boot_write_cr4(cr4 | (has_xsave ? CR4_OSXSAVE : 0));
  if (!has_xsave)
    return;
  cpuid(0xd, 0, leaf);
  boot_write_xcr0((uint64_t) leaf[3] << 32 | leaf[0]);
}

static void write_pointer(uint8_t *at, uint16_t limit, uint64_t base)
{
  at[0] = (uint8_t) limit;
  at[1] = (uint8_t) (limit >> 8);
  for (unsigned int i = 0; i < 8; i++)
    at[2 + i] = (uint8_t) (base >> 8 * i);
}

/* By the nucleus's own entries, without stacks of their own: no task register is loaded yet. */
void boot_catch_failures(void)
{
  static struct processor_gate gates[PROCESSOR_IDT_BYTES / sizeof(struct processor_gate)];
  uint8_t pointer[16];
  boot_patch_failure();
  processor_write_idt(gates, (uint64_t) nucleus_vector_stubs, 16);
  for (unsigned int i = 0; i < PROCESSOR_IDT_BYTES / sizeof(gates[0]); i++)
    gates[i].ist = 0;
  processor_set_handler(&gates[PROCESSOR_PROTECTION], (uint64_t) boot_protection);
  write_pointer(pointer, PROCESSOR_IDT_BYTES - 1, (uint64_t) gates);
  boot_load_idt(pointer);
}

void boot_prepare_cpu(const struct boot_layout *layout, unsigned int cpu, struct boot_leave *leave)
{
  uint64_t nucleus_gva = layout->nucleus_gva + cpu * BOOT_NUCLEUS_BYTES;
  set_features();
  boot_set_speed();
  boot_write_msr(MSR_FS_BASE, 0);
  boot_write_msr(MSR_GS_BASE,
                 layout->upcall_gva + cpu * BOOT_UPCALL_BYTES + BOOT_UPCALL_AREA_OFFSET);
  boot_write_msr(MSR_LSTAR, gva_of(layout, syscall_entry));
  boot_apic_begin();
  boot_apic_enable();
  boot_log(BOOT_LOG_NORMAL, "runs, local APIC %u", boot_apic_own_id());
  write_pointer(leave->gdt, PROCESSOR_GDT_BYTES - 1, nucleus_gva + BOOT_TABLES_OFFSET);
  write_pointer(leave->idt, PROCESSOR_IDT_BYTES - 1, UHYVE_KERNEL_BASE);
  leave->root_gpa = layout->tables_gpa;
  leave->rsp_gva = nucleus_gva + NUCLEUS_CPU_OFFSET - sizeof(struct interrupt_frame);
  leave->start_gva = layout->start_gva;
  leave->image_shift = layout->image_gva - layout->image_gpa;
}
