/* Plans a guest's memory and maps it: W^X, nothing of the nucleus for ring 3.
 *
 * Guest-physical: 2 MiB of free RAM, the image, the boot area, the pool of page tables, the initrd,
 * then (at the next 2 MiB) the main stack and the free memory, which goes on behind the hole below
 * 4 GiB.
 */
#include "guest_layout.h"

#include <elf.h>
#include <errno.h>
#include <sys/random.h>

#define STACK_USUAL_BYTES (8ull << 20)
#define STACK_LEAST_BYTES (64ull << 10)
#define STACK_GUARD_BYTES (1ull << 20)

/* What of the free memory is there at once: to attach more costs a small program more than all else
 * of its first malloc. */
#define FREE_FIRST_BYTES    (8ull << 20)

#define RIGHTS_NUCLEUS_CODE 0
#define RIGHTS_NUCLEUS_READ PTE_NX
#define RIGHTS_NUCLEUS_DATA (PTE_WRITABLE | PTE_NX)
#define RIGHTS_READ         (PTE_USER | PTE_NX)
#define RIGHTS_DATA         (PTE_USER | PTE_WRITABLE | PTE_NX)
#define RIGHTS_REGISTERS    (RIGHTS_DATA | PTE_UNCACHED)

static uint64_t round_up(uint64_t value, uint64_t unit)
{
  return (value + unit - 1) & ~(unit - 1);
}

static uint64_t low_ram_end(const struct guest_memory *memory)
{
  return memory->slots[0].len_bytes;
}

/* All RAM mapped twice (window, what the guest maps) in 4 KiB pages takes 1/256 of it; so the pool
 * never runs out however the guest splits its pages. What is not used costs the host nothing. Whole
 * 2 MiB pages, to be mapped as such. */
static uint64_t tables_pool_bytes(const struct guest_memory *memory)
{
  return round_up(guest_memory_size(memory) / 256 + (256ull << 10), GUEST_LARGE_BYTES);
}

static int place_image(struct guest_layout *layout, const struct elf_image *image, bool randomize)
{
  layout->image_gpa = UHYVE_IMAGE_BASE;
  layout->image_bytes = image->high_vaddr - image->low_vaddr;
  layout->image_gva = image->low_vaddr;
  layout->load_bias = 0;
  if (!image->position_independent)
    return 0;
  layout->image_gva = UHYVE_PIE_BASE;
  if (randomize)
  {
    uint64_t random;
    if (getrandom(&random, sizeof(random), 0) != (ssize_t) sizeof(random))
      return -errno;
    uint64_t places = (UHYVE_PIE_END - UHYVE_PIE_BASE - layout->image_bytes) / GUEST_PAGE_BYTES;
    layout->image_gva += random % places * GUEST_PAGE_BYTES;
    layout->image_gva &= ~(image->align - 1);
  }
  layout->load_bias = layout->image_gva - image->low_vaddr;
  return 0;
}

/* Of the free memory at most a quarter, unless a size is given. 0: it does not fit. */
static uint64_t choose_stack_bytes(uint64_t free_bytes, uint64_t wanted_bytes)
{
  bool is_given = wanted_bytes != 0 && wanted_bytes <= GUEST_STACK_MOST_BYTES;
  uint64_t most_bytes = wanted_bytes == 0 ? STACK_USUAL_BYTES : GUEST_STACK_MOST_BYTES;
  uint64_t bytes = free_bytes / 4 & ~(GUEST_LARGE_BYTES - 1);
  if (!is_given)
    return bytes < most_bytes ? bytes : most_bytes;
  bytes = round_up(wanted_bytes, GUEST_PAGE_BYTES);
  if (bytes < STACK_LEAST_BYTES)
    bytes = STACK_LEAST_BYTES;
  return round_up(bytes, GUEST_LARGE_BYTES) < free_bytes ? bytes : 0;
}

/* Stack and free memory, from free_gpa on, a multiple of 2 MiB. A stack of other sizes ends at such
 * a multiple, as its addresses do. */
static int place_memory(struct guest_layout *layout, const struct guest_memory *memory,
                        uint64_t free_gpa, uint64_t wanted_stack_bytes)
{
  int error = memory->slots[1].len_bytes > 0 ? -E2BIG : -ENOMEM;
  if (free_gpa >= low_ram_end(memory))
    return error;
  uint64_t free_bytes = low_ram_end(memory) - free_gpa;
  layout->stack_bytes = choose_stack_bytes(free_bytes, wanted_stack_bytes);
  if (layout->stack_bytes == 0)
    return error;
  layout->memory_gpa = free_gpa + round_up(layout->stack_bytes, GUEST_LARGE_BYTES);
  layout->stack_gpa = layout->memory_gpa - layout->stack_bytes;
  layout->stack_gva = UHYVE_STACK_TOP - layout->stack_bytes;
  layout->stack_guard_bytes = STACK_GUARD_BYTES;
  layout->memory_bytes = low_ram_end(memory) - layout->memory_gpa + memory->slots[1].len_bytes;
  return layout->memory_bytes > UHYVE_PIE_BASE - UHYVE_HEAP_BASE ? -E2BIG : 0;
}

int guest_layout_plan(struct guest_layout *layout, const struct elf_image *image,
                      const struct guest_memory *memory, const struct guest_layout_request *request)
{
  *layout = (struct guest_layout){.interface_count = request->interface_count};
  int error = place_image(layout, image, request->randomize);
  if (error != 0)
    return error;

  const uint64_t cpu_count = request->cpu_count;
  layout->boot_gpa = layout->image_gpa + layout->image_bytes;
  layout->idt_gva = UHYVE_KERNEL_BASE;
  layout->nucleus_gva = layout->idt_gva + GUEST_PAGE_BYTES;
  layout->upcall_gva = layout->nucleus_gva + cpu_count * CPU_NUCLEUS_BYTES;
  layout->start_block_gva = layout->upcall_gva + cpu_count * CPU_UPCALL_BYTES;
  layout->start_block_bytes = round_up(request->start_block_bytes, GUEST_PAGE_BYTES);
  layout->boot_bytes = layout->start_block_gva + layout->start_block_bytes - UHYVE_KERNEL_BASE;

  layout->tables_gpa = round_up(layout->boot_gpa + layout->boot_bytes, GUEST_LARGE_BYTES);
  layout->tables_bytes = tables_pool_bytes(memory);

  uint64_t free_gpa = layout->tables_gpa + layout->tables_bytes;
  if (request->initrd_bytes > UHYVE_GPA_HOLE_BEGIN)
    return -E2BIG;
  layout->initrd_gpa = request->initrd_bytes > 0 ? free_gpa : 0;
  layout->initrd_bytes = request->initrd_bytes;
  free_gpa += round_up(request->initrd_bytes, GUEST_LARGE_BYTES);
  return place_memory(layout, memory, free_gpa, request->stack_bytes);
}

uint64_t guest_layout_nucleus_gva(const struct guest_layout *layout, unsigned int cpu)
{
  return layout->nucleus_gva + (uint64_t) cpu * CPU_NUCLEUS_BYTES;
}

uint64_t guest_layout_upcall_gva(const struct guest_layout *layout, unsigned int cpu)
{
  return layout->upcall_gva + (uint64_t) cpu * CPU_UPCALL_BYTES;
}

void *guest_layout_boot_hva(const struct guest_layout *layout, const struct guest_memory *memory,
                            uint64_t gva)
{
  return guest_memory_hva(memory, gva - UHYVE_KERNEL_BASE + layout->boot_gpa, 1);
}

/* Maps a range at its own address and in the window. A range of the nucleus stays out of the
 * window; one that ring 3 may not write is not writable there either. */
struct mapper
{
  struct page_tables *tables;
  struct guest_memory *memory;
  uint64_t window_done_gpa; /* the window is mapped up to here */
  int error;                /* of the first call that failed */
};

static void map_at(struct mapper *mapper, uint64_t gva, uint64_t gpa, uint64_t len_bytes,
                   uint64_t rights)
{
  if (mapper->error == 0)
    mapper->error = page_tables_map(mapper->tables, gva, gpa, len_bytes, rights);
}

static void map_window(struct mapper *mapper, uint64_t gpa, uint64_t len_bytes, uint64_t rights)
{
  map_at(mapper, UHYVE_WINDOW_BASE + gpa, gpa, len_bytes, rights);
}

static void protect(struct mapper *mapper, uint64_t gpa, uint64_t len_bytes,
                    enum guest_access allowed)
{
  if (mapper->error == 0)
    mapper->error = guest_memory_protect(mapper->memory, gpa, len_bytes, allowed);
}

/* Window and hypercall rights of the next range, in ascending order of guest-physical addresses;
 * what lies between is ordinary memory. */
static void restrict_range(struct mapper *mapper, uint64_t gpa, uint64_t len_bytes,
                           enum guest_access allowed)
{
  if (gpa > mapper->window_done_gpa)
    map_window(mapper, mapper->window_done_gpa, gpa - mapper->window_done_gpa, RIGHTS_DATA);
  if (allowed == GUEST_READ)
    map_window(mapper, gpa, len_bytes, RIGHTS_READ);
  protect(mapper, gpa, len_bytes, allowed);
  mapper->window_done_gpa = gpa + len_bytes;
}

/* Maps image pages; those that ring 3 may not write are restricted everywhere. */
static void map_image_pages(struct mapper *mapper, const struct guest_layout *layout,
                            uint64_t begin_gva, uint64_t end_gva, uint64_t rights)
{
  uint64_t gpa = begin_gva - layout->image_gva + layout->image_gpa;
  if (end_gva == begin_gva)
    return;
  map_at(mapper, begin_gva, gpa, end_gva - begin_gva, rights);
  if ((rights & PTE_WRITABLE) == 0)
    restrict_range(mapper, gpa, end_gva - begin_gva,
                   (rights & PTE_USER) != 0 ? GUEST_READ : GUEST_NONE);
}

static void map_writable_segment(struct mapper *mapper, struct guest_layout *layout,
                                 const struct elf_image *image, uint64_t begin, uint64_t end)
{
  uint64_t relro_begin = image->relro_begin + layout->load_bias;
  uint64_t relro_end = image->relro_end + layout->load_bias;
  if (relro_begin < begin || relro_begin >= end || relro_begin == relro_end)
    relro_begin = relro_end = begin;
  map_image_pages(mapper, layout, begin, relro_begin, RIGHTS_DATA);
  map_image_pages(mapper, layout, relro_begin, relro_end, RIGHTS_READ);
  map_image_pages(mapper, layout, relro_end, end, RIGHTS_DATA);
  layout->data_gva = relro_end;
  layout->data_bytes = end - relro_end;
}

static void map_read_only_segment(struct mapper *mapper, const struct guest_layout *layout,
                                  const struct elf_image *image, uint64_t begin, uint64_t end,
                                  uint64_t rights)
{
  uint64_t nucleus_begin = layout->image_gva + image->layout.nucleus_begin;
  uint64_t nucleus_end = layout->image_gva + image->layout.nucleus_end;
  if (nucleus_begin >= begin && nucleus_begin < end)
  {
    map_image_pages(mapper, layout, begin, nucleus_begin, rights);
    map_image_pages(mapper, layout, nucleus_begin, nucleus_end, RIGHTS_NUCLEUS_CODE);
    begin = nucleus_end;
  }
  if (begin < end)
    map_image_pages(mapper, layout, begin, end, rights);
}

static void map_image(struct mapper *mapper, struct guest_layout *layout,
                      const struct elf_image *image)
{
  for (unsigned int i = 0; i < image->segment_count; i++)
  {
    const struct elf_segment *segment = &image->segments[i];
    uint64_t begin = (segment->vaddr & ~(GUEST_PAGE_BYTES - 1)) + layout->load_bias;
    uint64_t end = round_up(segment->vaddr + segment->memsz, GUEST_PAGE_BYTES) + layout->load_bias;
    if ((segment->flags & PF_W) != 0)
      map_writable_segment(mapper, layout, image, begin, end);
    else
      map_read_only_segment(mapper, layout, image, begin, end,
                            (segment->flags & PF_X) != 0 ? PTE_USER : RIGHTS_READ);
  }
}

/* The boot area is linear: the nucleus's part, supervisor-only and in no window, then the rest. */
static void map_boot_area(struct mapper *mapper, const struct guest_layout *layout,
                          unsigned int cpu_count)
{
  uint64_t to_gpa = layout->boot_gpa - UHYVE_KERNEL_BASE;
  map_at(mapper, layout->idt_gva, layout->idt_gva + to_gpa, GUEST_PAGE_BYTES, RIGHTS_NUCLEUS_READ);
  for (unsigned int cpu = 0; cpu < cpu_count; cpu++)
  {
    uint64_t nucleus_gva = guest_layout_nucleus_gva(layout, cpu);
    map_at(mapper, nucleus_gva, nucleus_gva + to_gpa, CPU_NUCLEUS_BYTES, RIGHTS_NUCLEUS_DATA);
    uint64_t stack_gva = guest_layout_upcall_gva(layout, cpu) + CPU_UPCALL_STACK_OFFSET;
    map_at(mapper, stack_gva, stack_gva + to_gpa, CPU_UPCALL_BYTES - CPU_UPCALL_STACK_OFFSET,
           RIGHTS_DATA);
  }
  restrict_range(mapper, layout->boot_gpa, layout->upcall_gva - layout->idt_gva, GUEST_NONE);
  map_at(mapper, layout->start_block_gva, layout->start_block_gva + to_gpa,
         layout->start_block_bytes, RIGHTS_DATA);
}

uint64_t guest_layout_first_bytes(const struct guest_layout *layout,
                                  const struct guest_memory *memory)
{
  uint64_t bytes = layout->memory_gpa + FREE_FIRST_BYTES;
  return bytes < guest_memory_size(memory) ? bytes : guest_memory_size(memory);
}

int guest_layout_map_window(struct guest_layout *layout, const struct guest_memory *memory,
                            uint64_t ram_from, uint64_t ram_to)
{
  int error = 0;
  while (ram_from < ram_to && error == 0)
  {
    uint64_t piece_bytes = guest_memory_piece(memory, ram_from, ram_to);
    uint64_t gpa = guest_memory_gpa(memory, ram_from);
    error =
        page_tables_map(&layout->tables, UHYVE_WINDOW_BASE + gpa, gpa, piece_bytes, RIGHTS_DATA);
    ram_from += piece_bytes;
  }
  return error;
}

int guest_layout_map(struct guest_layout *layout, const struct elf_image *image,
                     struct guest_memory *memory, unsigned int cpu_count, bool huge_pages)
{
  layout->tables = (struct page_tables){
      .pool_hva = guest_memory_hva(memory, layout->tables_gpa, layout->tables_bytes),
      .pool_gpa = layout->tables_gpa,
      .pool_bytes = layout->tables_bytes,
      .huge_pages = huge_pages,
  };
  struct mapper mapper = {.memory = memory, .tables = &layout->tables};
  mapper.error = page_tables_init(&layout->tables);
  map_image(&mapper, layout, image);
  map_boot_area(&mapper, layout, cpu_count);

  restrict_range(&mapper, layout->tables_gpa, layout->tables_bytes, GUEST_READ);
  map_at(&mapper, UHYVE_TABLES_BASE, layout->tables_gpa, layout->tables_bytes, RIGHTS_NUCLEUS_DATA);
  if (layout->initrd_bytes > 0)
    restrict_range(&mapper, layout->initrd_gpa, round_up(layout->initrd_bytes, GUEST_PAGE_BYTES),
                   GUEST_READ);
  map_window(&mapper, mapper.window_done_gpa, layout->memory_gpa - mapper.window_done_gpa,
             RIGHTS_DATA);
  map_at(&mapper, layout->stack_gva, layout->stack_gpa, layout->stack_bytes, RIGHTS_DATA);
  if (layout->interface_count > 0)
    map_window(&mapper, UHYVE_REGISTERS_BASE, layout->interface_count * GUEST_PAGE_BYTES,
               RIGHTS_REGISTERS);
  /* The monitor takes no table after this: the rest of the pool is the guest's. */
  const struct guest_slot *high = &memory->slots[1];
  if (mapper.error == 0)
    mapper.error = page_tables_prepare(&layout->tables, UHYVE_WINDOW_BASE, low_ram_end(memory));
  if (mapper.error == 0)
    mapper.error =
        page_tables_prepare(&layout->tables, UHYVE_WINDOW_BASE + high->gpa, high->len_bytes);
  if (mapper.error == 0)
    mapper.error =
        guest_layout_map_window(layout, memory, layout->memory_gpa, memory->attached_bytes);
  memory->mapped_bytes = memory->attached_bytes;
  return mapper.error;
}
