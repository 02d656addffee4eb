/* The page tables of a guest without a monitor: as the monitor's, W^X and nothing of the nucleus
 * for ring 3, and the registers of devices besides. */
#include "arch/x86_64/boot/boot.h"
#include "arch/x86_64/page_tables.h"

#define HUGE_BYTES     (1ull << 30)
#define FEATURE_NX     (1u << 20)
#define FEATURE_HUGE   (1u << 26)

#define IO_APICS_GPA   0xfec00000ull
#define IO_APICS_BYTES 0x100000ull

extern char __uhyve_nucleus_begin[], __uhyve_nucleus_end[], __uhyve_text_end[],
    __uhyve_rodata_end[], __uhyve_relro_end[];

struct mapper
{
  uint64_t pool_gpa;
  uint64_t pool_bytes;
  uint64_t used_bytes;
  bool has_nx;
  bool has_huge;
};

static uint64_t take_table(struct mapper *mapper)
{
  if (mapper->used_bytes == mapper->pool_bytes)
    boot_fail("too little memory for page tables");
  uint64_t gpa = mapper->pool_gpa + mapper->used_bytes;
  mapper->used_bytes += BOOT_PAGE_BYTES;
  boot_clear(boot_pointer(gpa), BOOT_PAGE_BYTES);
  return gpa;
}

static void map_page(struct mapper *mapper, uint64_t gva, uint64_t entry, unsigned int shift)
{
  uint64_t *table = boot_pointer(mapper->pool_gpa);
  for (unsigned int level = 39; level > shift; level -= 9)
  {
    uint64_t *at = &table[gva >> level & 511];
    if (*at == 0)
      *at = take_table(mapper) | PTE_PRESENT | PTE_WRITABLE | PTE_USER | PTE_ACCESSED;
    table = boot_pointer(*at & PTE_ADDRESS);
  }
  table[gva >> shift & 511] = entry | (shift > 12 ? PTE_LARGE : 0);
}

static void map(struct mapper *mapper, uint64_t gva, uint64_t gpa, uint64_t bytes, uint64_t rights)
{
  rights |= PTE_PRESENT | PTE_ACCESSED | PTE_DIRTY;
  if (!mapper->has_nx && (rights & PTE_NX) != 0)
    rights = (rights & ~PTE_NX) | PTE_NX_IDLE;
  while (bytes > 0)
  {
    unsigned int shift = 12;
    if (mapper->has_huge && ((gva | gpa) & (HUGE_BYTES - 1)) == 0 && bytes >= HUGE_BYTES)
      shift = 30;
    else if (((gva | gpa) & (BOOT_LARGE_BYTES - 1)) == 0 && bytes >= BOOT_LARGE_BYTES)
      shift = 21;
    map_page(mapper, gva, gpa | rights, shift);
    gva += 1ull << shift;
    gpa += 1ull << shift;
    bytes -= 1ull << shift;
  }
}

#define DATA      (PTE_USER | PTE_WRITABLE | PTE_NX)
#define READ      (PTE_USER | PTE_NX)
#define REGISTERS (DATA | PTE_UNCACHED)

static void map_window(struct mapper *mapper, uint64_t begin_gpa, uint64_t end_gpa, uint64_t rights)
{
  if (end_gpa > begin_gpa)
    map(mapper, UHYVE_WINDOW_BASE + begin_gpa, begin_gpa, end_gpa - begin_gpa, rights);
}

/* Registers of devices, and I/O APICs: from the end of RAM to the local APIC, which is the
 * nucleus's alone. Firmware's tables lie right behind RAM. */
static void map_registers(struct mapper *mapper, const struct boot_layout *layout)
{
  map_window(mapper, layout->registers_gpa, IO_APICS_GPA, REGISTERS);
  map_window(mapper, IO_APICS_GPA, IO_APICS_GPA + IO_APICS_BYTES, REGISTERS);
}

/* A part of the image, up to an address in it. What ring 3 may not write is not writable in the
 * window either, and the nucleus not there at all. */
static uint64_t map_image_part(struct mapper *mapper, const struct boot_layout *layout,
                               uint64_t begin_gpa, const char *end, uint64_t rights)
{
  uint64_t end_gpa = ((uint64_t) end + BOOT_PAGE_BYTES - 1) & ~(BOOT_PAGE_BYTES - 1);
  if (end_gpa == begin_gpa)
    return end_gpa;
  map(mapper, begin_gpa - layout->image_gpa + layout->image_gva, begin_gpa, end_gpa - begin_gpa,
      rights);
  if ((rights & PTE_USER) != 0)
    map_window(mapper, begin_gpa, end_gpa, (rights & PTE_WRITABLE) != 0 ? DATA : READ);
  return end_gpa;
}

static void map_image(struct mapper *mapper, const struct boot_layout *layout)
{
  uint64_t at = map_image_part(mapper, layout, layout->image_gpa, __uhyve_nucleus_begin, READ);
  at = map_image_part(mapper, layout, at, __uhyve_nucleus_end, 0);
  at = map_image_part(mapper, layout, at, __uhyve_text_end, PTE_USER);
  at = map_image_part(mapper, layout, at, __uhyve_rodata_end, READ);
  uint64_t relro_gpa = (uint64_t) __uhyve_relro_end & ~(BOOT_PAGE_BYTES - 1);
  if (relro_gpa > at)
    at = map_image_part(mapper, layout, at, boot_pointer(relro_gpa), READ);
  map_image_part(mapper, layout, at, boot_pointer(layout->image_gpa + layout->image_bytes), DATA);
}

static void map_boot_area(struct mapper *mapper, const struct boot_layout *layout)
{
  const uint64_t to_gpa = layout->boot_gpa - UHYVE_KERNEL_BASE;
  map(mapper, UHYVE_KERNEL_BASE, layout->boot_gpa, BOOT_PAGE_BYTES, PTE_NX);
  map(mapper, layout->nucleus_gva, layout->nucleus_gva + to_gpa,
      layout->cpu_count * BOOT_NUCLEUS_BYTES, PTE_WRITABLE | PTE_NX);
  for (unsigned int cpu = 0; cpu < layout->cpu_count; cpu++)
  {
    uint64_t gva = layout->upcall_gva + cpu * BOOT_UPCALL_BYTES + BOOT_UPCALL_STACK_OFFSET;
    map(mapper, gva, gva + to_gpa, BOOT_UPCALL_BYTES - BOOT_UPCALL_STACK_OFFSET, DATA);
  }
  map(mapper, layout->start_gva, layout->start_gva + to_gpa, layout->start_bytes, DATA);
  map_window(mapper, layout->upcall_gva + to_gpa, layout->tables_gpa, DATA);
}

uint64_t boot_map(const struct boot_layout *layout)
{
  struct mapper mapper = {
      .pool_gpa = layout->tables_gpa,
      .pool_bytes = layout->tables_bytes,
      .has_nx = (boot_features & FEATURE_NX) != 0,
      .has_huge = (boot_features & FEATURE_HUGE) != 0,
  };
  take_table(&mapper);
  map_window(&mapper, 0, layout->image_gpa, DATA);
  map_image(&mapper, layout);
  map_window(&mapper, layout->initrd_gpa, layout->initrd_gpa == 0 ? 0 : layout->boot_gpa, READ);
  map_boot_area(&mapper, layout);
  map_window(&mapper, layout->tables_gpa, layout->stack_gpa, READ);
  map(&mapper, UHYVE_TABLES_BASE, layout->tables_gpa, layout->tables_bytes, PTE_WRITABLE | PTE_NX);
  map_window(&mapper, layout->stack_gpa, layout->low_end_gpa, DATA);
  map_registers(&mapper, layout);
  map_window(&mapper, layout->high_begin_gpa, layout->high_end_gpa, DATA);
  map(&mapper, layout->stack_gva, layout->stack_gpa, layout->stack_bytes, DATA);
  map(&mapper, LOCAL_APIC_GVA, LOCAL_APIC_GPA, BOOT_PAGE_BYTES,
      PTE_WRITABLE | PTE_UNCACHED | PTE_NX);
  return mapper.used_bytes;
}
