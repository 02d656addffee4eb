/* Where everything lies in the memory of a guest without a monitor: the image where the loader has
 * put it; initrd, boot area, page tables, main stack and free memory in the largest piece of memory
 * behind it and below 4 GiB. From 4 GiB on the largest piece is free memory, too. */
#include "arch/x86_64/boot/boot.h"

extern char __uhyve_image_begin[], _end[];

#define STACK_USUAL_BYTES (8ull << 20)
#define GUARD_BYTES       (1ull << 20)

/* Local and I/O APICs, and firmware: what a map may say of it, it is no memory. */
#define LOW_MOST_GPA 0xfec00000ull

/* Page tables: of the memory below 4 GiB one part in TABLES_MOST_PART at most. The window takes
 * half of them at most, an entry for each large page. */
#define TABLES_MOST_PART   4
#define TABLES_WINDOW_PART 2

static uint64_t round_up(uint64_t value, uint64_t unit)
{
  return (value + unit - 1) & ~(unit - 1);
}

static void take_larger(struct boot_ram *largest, uint64_t begin_gpa, uint64_t end_gpa)
{
  if (begin_gpa < end_gpa && end_gpa - begin_gpa > largest->end_gpa - largest->begin_gpa)
    *largest = (struct boot_ram){begin_gpa, end_gpa};
}

static uint64_t larger(uint64_t one, uint64_t other)
{
  return one > other ? one : other;
}

static uint64_t smaller(uint64_t one, uint64_t other)
{
  return one < other ? one : other;
}

static void find_ram(struct boot_layout *layout, const struct boot_facts *facts)
{
  const uint64_t image_end_gpa = layout->image_gpa + layout->image_bytes;
  struct boot_ram low = {0}, high = {0};
  bool has_image = false;
  for (unsigned int i = 0; i < facts->ram_count; i++)
  {
    const struct boot_ram *ram = &facts->ram[i];
    has_image |= ram->begin_gpa <= layout->image_gpa && ram->end_gpa >= image_end_gpa;
    take_larger(&low, larger(ram->begin_gpa, image_end_gpa), smaller(ram->end_gpa, LOW_MOST_GPA));
    take_larger(&high, larger(ram->begin_gpa, UHYVE_GPA_HOLE_END), ram->end_gpa);
    if (ram->begin_gpa < LOW_MOST_GPA)
      layout->registers_gpa = round_up(smaller(ram->end_gpa, LOW_MOST_GPA), BOOT_LARGE_BYTES);
  }
  if (!has_image)
    boot_fail("the memory map has no memory where the program lies");
  layout->low_begin_gpa = low.begin_gpa;
  layout->low_end_gpa = low.end_gpa;
  layout->high_begin_gpa = high.begin_gpa;
  layout->high_end_gpa = high.end_gpa;
}

/* As under the monitor, if they do not take too much of the memory in which they lie. */
static void plan_tables(struct boot_layout *layout)
{
  const uint64_t low_bytes = layout->low_end_gpa - layout->low_begin_gpa;
  const uint64_t high_bytes = layout->high_end_gpa - layout->high_begin_gpa;
  const uint64_t most_bytes = low_bytes / TABLES_MOST_PART & ~(BOOT_LARGE_BYTES - 1);
  uint64_t bytes = round_up((low_bytes + high_bytes) / 256 + (256ull << 10), BOOT_LARGE_BYTES);
  layout->tables_bytes = smaller(bytes, larger(most_bytes, BOOT_LARGE_BYTES));
  const uint64_t reach_bytes =
      layout->tables_bytes / TABLES_WINDOW_PART / sizeof(uint64_t) * BOOT_LARGE_BYTES;
  if (high_bytes <= reach_bytes)
    return;
  boot_log(BOOT_LOG_QUIET, "page tables below 4 GiB have room for %lu of %lu MiB above it",
           reach_bytes >> 20, high_bytes >> 20);
  layout->high_end_gpa = layout->high_begin_gpa + reach_bytes;
}

/* A module may lie anywhere, also where something else is to be. */
static void move_module(const struct boot_layout *layout, const struct boot_facts *facts)
{
  const uint8_t *from = boot_pointer(facts->module_gpa);
  uint8_t *to = boot_pointer(layout->initrd_gpa);
  if (layout->initrd_gpa < facts->module_gpa)
    for (uint64_t i = 0; i < facts->module_bytes; i++)
      to[i] = from[i];
  else
    for (uint64_t i = facts->module_bytes; i > 0; i--)
      to[i - 1] = from[i - 1];
  for (uint8_t *at = to + facts->module_bytes; at < (uint8_t *) boot_pointer(layout->boot_gpa);
       at++)
    *at = 0;
}

/* From a free address on, as much as the CPUs need there. Returns where the rest begins. */
static uint64_t place_boot_area(struct boot_layout *layout, uint64_t free_gpa)
{
  const unsigned int cpu_count = layout->cpu_count;
  layout->boot_gpa = free_gpa;
  layout->nucleus_gva = UHYVE_KERNEL_BASE + BOOT_PAGE_BYTES; /* behind the IDT */
  layout->upcall_gva = layout->nucleus_gva + cpu_count * BOOT_NUCLEUS_BYTES;
  layout->start_gva = layout->upcall_gva + cpu_count * BOOT_UPCALL_BYTES;
  layout->start_bytes = round_up(boot_start_bytes(cpu_count), BOOT_PAGE_BYTES);
  layout->boot_bytes = layout->start_gva + layout->start_bytes - UHYVE_KERNEL_BASE;
  layout->tables_gpa = round_up(layout->boot_gpa + layout->boot_bytes, BOOT_LARGE_BYTES);
  return layout->tables_gpa + layout->tables_bytes;
}

static bool has_room(const struct boot_layout *layout, uint64_t free_gpa, unsigned int cpu_count)
{
  struct boot_layout other = *layout;
  other.cpu_count = cpu_count;
  return place_boot_area(&other, free_gpa) + 2 * BOOT_LARGE_BYTES <= layout->low_end_gpa;
}

/* Names what there is too much of: without it, the rest would fit. */
static void check_room(const struct boot_layout *layout)
{
  if (!has_room(layout, layout->low_begin_gpa, 1))
    boot_fail("too little memory: at least 16 MiB, and no piece below 4 GiB has more than %lu KiB "
              "behind the program",
              (layout->low_end_gpa - layout->low_begin_gpa) >> 10);
  if (!has_room(layout, layout->boot_gpa, 1))
    boot_fail("too little memory for the initrd");
  if (!has_room(layout, layout->boot_gpa, layout->cpu_count))
    boot_fail("too little memory for so many CPUs");
}

void boot_plan(struct boot_layout *layout, const struct boot_facts *facts, unsigned int cpu_count)
{
  layout->cpu_count = cpu_count;
  layout->image_gpa = (uint64_t) __uhyve_image_begin;
  layout->image_gva = layout->image_gpa + (boot_is_movable(layout) ? UHYVE_PIE_BASE : 0);
  layout->image_bytes = round_up((uint64_t) _end - layout->image_gpa, BOOT_PAGE_BYTES);
  find_ram(layout, facts);
  plan_tables(layout);

  uint64_t free_gpa = layout->low_begin_gpa;
  if (facts->module_bytes != 0)
  {
    if (facts->module_gpa >= UHYVE_GPA_HOLE_END ||
        facts->module_bytes > UHYVE_GPA_HOLE_END - facts->module_gpa)
      boot_fail("the initrd does not lie below 4 GiB");
    layout->initrd_gpa = free_gpa;
    layout->initrd_bytes = facts->module_bytes;
    free_gpa = round_up(free_gpa + facts->module_bytes, BOOT_PAGE_BYTES);
  }
  free_gpa = place_boot_area(layout, free_gpa);
  check_room(layout);
  if (facts->module_bytes != 0)
    move_module(layout, facts);
  layout->stack_bytes = (layout->low_end_gpa - free_gpa) / 4 & ~(BOOT_LARGE_BYTES - 1);
  if (layout->stack_bytes > STACK_USUAL_BYTES)
    layout->stack_bytes = STACK_USUAL_BYTES;
  if (layout->stack_bytes == 0)
    layout->stack_bytes = BOOT_LARGE_BYTES;
  layout->stack_gpa = free_gpa;
  layout->stack_gva = UHYVE_STACK_TOP - layout->stack_bytes;
  layout->memory_gpa = free_gpa + layout->stack_bytes;
  layout->memory_bytes =
      layout->low_end_gpa - layout->memory_gpa + (layout->high_end_gpa - layout->high_begin_gpa);
}
