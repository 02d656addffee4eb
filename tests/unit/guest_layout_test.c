/* Tests of uhyve/guest_layout.c: who may do what by the page tables. */
#include "uhyve/guest_layout.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hypercalls/start_info.h"
#include "page_walk.h"
#include "test_image.h"
#include "unit_test.h"

#define PAGE        UINT64_C(4096)
#define START_BYTES 5000u /* of the start information, for the tests */
#define LARGE       (2 * MIB)

/* One guest: planned and mapped. */
struct guest
{
  struct elf_image image;
  struct guest_memory memory;
  struct guest_layout layout;
  unsigned int cpu_count;
  struct page_pool pool;
  struct page_leaves leaves;
};

/* Of the guests that are created next. */
static uint64_t initrd_bytes;
static uint64_t stack_bytes;
static unsigned int interface_count;

/* grown: all memory is attached, in steps as a guest takes it; else what a guest starts with. */
static void guest_create(struct guest *guest, const struct elf_image *image, uint64_t memory_bytes,
                         unsigned int cpu_count, bool huge_pages, bool grown)
{
  *guest = (struct guest){.image = *image, .cpu_count = cpu_count};
  struct guest_memory *memory = &guest->memory;
  struct guest_layout *layout = &guest->layout;
  assert_int_equal(guest_memory_reserve(memory, memory_bytes), 0);
  assert_int_equal(
      guest_layout_plan(layout, &guest->image, memory,
                        &(struct guest_layout_request){.cpu_count = cpu_count,
                                                       .start_block_bytes = START_BYTES,
                                                       .initrd_bytes = initrd_bytes,
                                                       .stack_bytes = stack_bytes,
                                                       .interface_count = interface_count}),
      0);
  memory->attached_bytes = guest_layout_first_bytes(layout, memory);
  assert_true(memory->attached_bytes > layout->memory_gpa &&
              memory->attached_bytes <= memory_bytes);
  assert_int_equal(guest_layout_map(layout, &guest->image, memory, cpu_count, huge_pages), 0);
  const uint64_t used_bytes = layout->tables.used_bytes;
  while (grown && memory->attached_bytes < memory_bytes)
  {
    uint64_t from = memory->attached_bytes;
    uint64_t to = 2 * from < memory_bytes ? 2 * from : memory_bytes;
    memory->attached_bytes = to;
    memory->mapped_bytes = to;
    assert_int_equal(guest_layout_map_window(layout, memory, from, to), 0);
  }
  /* What is not used of the pool is the guest's: growing took none of it. */
  assert_int_equal(layout->tables.used_bytes, used_bytes);
  guest->pool =
      (struct page_pool){.hva = guest_memory_hva(memory, layout->tables_gpa, layout->tables_bytes),
                         .gpa = layout->tables_gpa,
                         .bytes = layout->tables.used_bytes};
  page_walk_all(&guest->pool, &guest->leaves);
}

/* Behind the last guest-physical address that is attached. */
static uint64_t attached_end(const struct guest *guest)
{
  return guest_memory_gpa(&guest->memory, guest->memory.attached_bytes - 1) + 1;
}

static void guest_destroy(struct guest *guest)
{
  page_leaves_free(&guest->leaves);
  page_tables_free(&guest->layout.tables);
  guest_memory_release(&guest->memory);
}

static bool overlap(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
  return a < b + b_bytes && b < a + a_bytes;
}

/* No page of these frames has one of the rights. */
static void assert_frames(const struct guest *guest, uint64_t gpa, uint64_t len_bytes, bool user,
                          bool writable)
{
  for (unsigned int i = 0; i < guest->leaves.count; i++)
  {
    const struct page_leaf *leaf = &guest->leaves.leaf[i];
    if (!overlap(leaf->gpa, leaf->len_bytes, gpa, len_bytes))
      continue;
    if ((!user || leaf->user) && (!writable || leaf->writable))
      fail_msg("the page at 0x%llx (frame 0x%llx) gives away frames 0x%llx",
               (unsigned long long) leaf->gva, (unsigned long long) leaf->gpa,
               (unsigned long long) gpa);
  }
}

/* W^X over all aliases and both rings. */
static void check_executable(const struct guest *guest)
{
  unsigned int executable = 0;
  for (unsigned int i = 0; i < guest->leaves.count; i++)
  {
    const struct page_leaf *leaf = &guest->leaves.leaf[i];
    if (!leaf->executable)
      continue;
    executable++;
    assert_false(leaf->writable);
    assert_frames(guest, leaf->gpa, leaf->len_bytes, false, true);
    assert_true(leaf->gva >= guest->layout.image_gva);
    assert_true(leaf->gva + leaf->len_bytes <= guest->layout.image_gva + guest->layout.image_bytes);
  }
  assert_true(executable > 0);
}

static void check_nucleus(const struct guest *guest)
{
  const struct guest_layout *layout = &guest->layout;
  const struct uhyve_note_layout *note = &guest->image.layout;
  uint64_t to_gpa = layout->boot_gpa - UHYVE_KERNEL_BASE;
  assert_frames(guest, layout->image_gpa + note->nucleus_begin,
                note->nucleus_end - note->nucleus_begin, true, false);
  assert_frames(guest, layout->idt_gva + to_gpa, PAGE, true, false);
  assert_frames(guest, layout->idt_gva + to_gpa, PAGE, false, true);
  for (unsigned int cpu = 0; cpu < guest->cpu_count; cpu++)
    assert_frames(guest, guest_layout_nucleus_gva(layout, cpu) + to_gpa, CPU_NUCLEUS_BYTES, true,
                  false);
  assert_frames(guest, layout->tables_gpa, layout->tables_bytes, true, true);
}

/* Every page lies in one of the areas of the address space, so all else is unmapped: page 0, the
 * stack's guard, what is around the image. */
static void check_areas(const struct guest *guest)
{
  const struct guest_layout *layout = &guest->layout;
  const uint64_t ram_end = attached_end(guest);
  const struct
  {
    uint64_t gva, len_bytes;
  } areas[] = {
      {layout->image_gva, layout->image_bytes},
      {UHYVE_KERNEL_BASE, layout->boot_bytes},
      {layout->stack_gva, layout->stack_bytes},
      {UHYVE_TABLES_BASE, layout->tables_bytes},
      {UHYVE_WINDOW_BASE, ram_end},
  };
  for (unsigned int i = 0; i < guest->leaves.count; i++)
  {
    const struct page_leaf *leaf = &guest->leaves.leaf[i];
    unsigned int in_areas = 0;
    for (size_t area = 0; area < COUNT_OF(areas); area++)
      in_areas += leaf->gva >= areas[area].gva &&
                  leaf->gva + leaf->len_bytes <= areas[area].gva + areas[area].len_bytes;
    assert_int_equal(in_areas, 1);
    assert_non_null(guest_memory_hva(&guest->memory, leaf->gpa, leaf->len_bytes));
    assert_false(leaf->uncached);
  }
}

/* Registers are in no RAM: nobody caches or executes them, and no call may name them. */
static void registers_are_no_memory(void **state)
{
  (void) state;
  struct guest guest;
  struct elf_image image = test_image(TEST_IMAGE_PLAIN, false);
  interface_count = 3;
  guest_create(&guest, &image, 64 * MIB, 1, false, true);
  interface_count = 0;
  for (unsigned int i = 0; i < 4; i++)
  {
    struct page_leaf leaf;
    uint64_t gpa = UHYVE_REGISTERS_BASE + i * PAGE;
    assert_int_equal(page_walk_find(&guest.pool, UHYVE_WINDOW_BASE + gpa, &leaf), i < 3);
    assert_null(guest_memory_access(&guest.memory, gpa, 4, GUEST_READ));
    if (i == 3)
      continue;
    assert_int_equal(leaf.gpa, gpa);
    assert_int_equal(leaf.len_bytes, PAGE);
    assert_true(leaf.user && leaf.writable && leaf.uncached && !leaf.executable);
  }
  guest_destroy(&guest);
}

static void assert_unmapped(const struct guest *guest, uint64_t gva, uint64_t len_bytes)
{
  struct page_leaf leaf;
  for (uint64_t offset = 0; offset < len_bytes; offset += PAGE)
    assert_false(page_walk_find(&guest->pool, gva + offset, &leaf));
}

static void check_guards(const struct guest *guest)
{
  const struct guest_layout *layout = &guest->layout;
  assert_unmapped(guest, 0, PAGE);
  assert_true(layout->stack_guard_bytes >= PAGE);
  assert_unmapped(guest, layout->stack_gva - layout->stack_guard_bytes, layout->stack_guard_bytes);
  assert_unmapped(guest, UHYVE_STACK_TOP, PAGE);
  assert_unmapped(guest, UHYVE_HEAP_BASE, 4 * PAGE); /* the guest maps its heap itself */
  for (unsigned int cpu = 0; cpu < guest->cpu_count; cpu++)
    assert_unmapped(guest, guest_layout_upcall_gva(layout, cpu) + CPU_GUARD_OFFSET,
                    CPU_UPCALL_STACK_OFFSET - CPU_GUARD_OFFSET);
}

/* All of a linear range is there, with these rights. */
static void assert_mapped(const struct guest *guest, uint64_t gva, uint64_t gpa, uint64_t len_bytes,
                          const char *rights)
{
  for (uint64_t done = 0; done < len_bytes;)
  {
    struct page_leaf leaf = {0};
    assert_true(page_walk_find(&guest->pool, gva + done, &leaf));
    assert_int_equal(leaf.gpa + (gva + done - leaf.gva), gpa + done);
    assert_int_equal(leaf.user, strchr(rights, 'u') != NULL);
    assert_int_equal(leaf.writable, strchr(rights, 'w') != NULL);
    assert_int_equal(leaf.executable, strchr(rights, 'x') != NULL);
    done = leaf.gva + leaf.len_bytes - gva;
  }
}

static const char *rights_of(const struct guest *guest, const struct elf_segment *segment,
                             uint64_t vaddr)
{
  const struct elf_image *image = &guest->image;
  uint64_t offset = vaddr - image->low_vaddr;
  if (offset >= image->layout.nucleus_begin && offset < image->layout.nucleus_end)
    return "x";
  if ((segment->flags & PF_X) != 0)
    return "ux";
  bool relro = vaddr >= image->relro_begin && vaddr < image->relro_end;
  return (segment->flags & PF_W) != 0 && !relro ? "uw" : "u";
}

static void check_image(const struct guest *guest)
{
  const struct elf_image *image = &guest->image;
  const struct guest_layout *layout = &guest->layout;
  assert_int_equal(layout->load_bias, layout->image_gva - image->low_vaddr);
  for (unsigned int i = 0; i < image->segment_count; i++)
  {
    const struct elf_segment *segment = &image->segments[i];
    for (uint64_t page = segment->vaddr & ~(uint64_t) (PAGE - 1);
         page < segment->vaddr + segment->memsz; page += PAGE)
      assert_mapped(guest, page + layout->load_bias, page - image->low_vaddr + layout->image_gpa,
                    PAGE, rights_of(guest, segment, page));
  }
}

static void check_ranges(const struct guest *guest)
{
  const struct guest_layout *layout = &guest->layout;
  uint64_t to_gpa = layout->boot_gpa - UHYVE_KERNEL_BASE;
  uint64_t free_bytes = guest->memory.attached_bytes - layout->memory_gpa;
  uint64_t low_bytes = guest->memory.slots[0].len_bytes - layout->memory_gpa;
  if (low_bytes > free_bytes)
    low_bytes = free_bytes;
  assert_mapped(guest, layout->idt_gva, layout->idt_gva + to_gpa, PAGE, "");
  for (unsigned int cpu = 0; cpu < guest->cpu_count; cpu++)
  {
    uint64_t nucleus = guest_layout_nucleus_gva(layout, cpu);
    uint64_t stack = guest_layout_upcall_gva(layout, cpu) + CPU_UPCALL_STACK_OFFSET;
    assert_mapped(guest, nucleus, nucleus + to_gpa, CPU_NUCLEUS_BYTES, "w");
    assert_mapped(guest, stack, stack + to_gpa, CPU_UPCALL_BYTES - CPU_UPCALL_STACK_OFFSET, "uw");
  }
  assert_true(layout->start_block_bytes >= START_BYTES);
  assert_mapped(guest, layout->start_block_gva, layout->start_block_gva + to_gpa,
                layout->start_block_bytes, "uw");
  assert_mapped(guest, layout->stack_gva, layout->stack_gpa, layout->stack_bytes, "uw");
  assert_mapped(guest, UHYVE_WINDOW_BASE + layout->memory_gpa, layout->memory_gpa, low_bytes, "uw");
  assert_mapped(guest, UHYVE_WINDOW_BASE + UHYVE_GPA_HOLE_END, UHYVE_GPA_HOLE_END,
                free_bytes - low_bytes, "uw");
  assert_true(free_bytes <= layout->memory_bytes);
  assert_mapped(guest, UHYVE_TABLES_BASE, layout->tables_gpa, layout->tables_bytes, "w");
  assert_mapped(guest, UHYVE_WINDOW_BASE + layout->tables_gpa, layout->tables_gpa,
                layout->tables_bytes, "u");
}

/* What ring 3 may do to a frame through the window is what the monitor does for it: no exception.
 */
static void check_access(const struct guest *guest, uint64_t gpa)
{
  struct page_leaf leaf = {0};
  bool mapped = page_walk_find(&guest->pool, UHYVE_WINDOW_BASE + gpa, &leaf);
  bool user = mapped && leaf.user;
  bool writable = user && leaf.writable;
  bool may_read = guest_memory_access(&guest->memory, gpa, 1, GUEST_READ) != NULL;
  bool may_write = guest_memory_access(&guest->memory, gpa, 1, GUEST_WRITE) != NULL;
  if (mapped)
    assert_int_equal(leaf.gpa + (UHYVE_WINDOW_BASE + gpa - leaf.gva), gpa);
  if (may_read != user || may_write != writable)
    fail_msg("frame 0x%llx: window %d %d, monitor %d %d", (unsigned long long) gpa, user, writable,
             may_read, may_write);
}

/* Other mappings give ring 3 nothing that the window does not. */
static void check_accesses(const struct guest *guest)
{
  static uint64_t seed = 4;
  for (uint64_t gpa = 0; gpa < guest->layout.stack_gpa + 2 * PAGE; gpa += PAGE)
    if (gpa < guest->layout.tables_gpa + 2 * PAGE || gpa % LARGE <= PAGE)
      check_access(guest, gpa);
  for (unsigned int i = 0; i < 2000; i++)
    check_access(guest, random_next(&seed) % (guest->layout.stack_gpa + PAGE));
  for (unsigned int i = 0; i < 2000; i++)
    check_access(guest, random_next(&seed) % attached_end(guest));
  for (unsigned int i = 0; i < guest->leaves.count; i++)
  {
    const struct page_leaf *leaf = &guest->leaves.leaf[i];
    if (leaf->user)
      assert_non_null(guest_memory_access(&guest->memory, leaf->gpa, leaf->len_bytes,
                                          leaf->writable ? GUEST_READ_WRITE : GUEST_READ));
  }
}

static void check_guest(const struct guest *guest)
{
  check_executable(guest);
  check_nucleus(guest);
  check_areas(guest);
  check_guards(guest);
  check_image(guest);
  check_ranges(guest);
  check_accesses(guest);
}

static const uint64_t sizes[] = {16 * MIB, 64 * MIB, 3 * GIB, 3 * GIB + LARGE, 20 * GIB};
static const unsigned int cpu_counts[] = {1, 2, 64};

static void check_all_sizes(enum test_image_kind kind, bool position_independent)
{
  struct elf_image image = test_image(kind, position_independent);
  for (size_t size = 0; size < COUNT_OF(sizes); size++)
    for (size_t cpus = 0; cpus < COUNT_OF(cpu_counts); cpus++)
      for (unsigned int huge = 0; huge < 2; huge++)
      {
        struct guest guest;
        guest_create(&guest, &image, sizes[size], cpu_counts[cpus], huge == 1, cpus != 1);
        check_guest(&guest);
        guest_destroy(&guest);
      }
}

static void fixed_guests_are_sound(void **state)
{
  (void) state;
  check_all_sizes(TEST_IMAGE_PLAIN, false);
}

static void position_independent_guests_are_sound(void **state)
{
  (void) state;
  check_all_sizes(TEST_IMAGE_PLAIN, true);
}

static void check_kind(enum test_image_kind kind)
{
  for (unsigned int position_independent = 0; position_independent < 2; position_independent++)
  {
    struct elf_image image = test_image(kind, position_independent == 1);
    struct guest guest;
    guest_create(&guest, &image, 32 * MIB, 2, true, true);
    check_guest(&guest);
    guest_destroy(&guest);
  }
}

static void all_kinds_of_images_are_sound(void **state)
{
  (void) state;
  for (unsigned int kind = 0; kind < TEST_IMAGE_KINDS; kind++)
    if (kind != TEST_IMAGE_LATE_RELRO)
      check_kind((enum test_image_kind) kind);
}

/* elf_image.c leaves out the first page where RELRO begins inside it, or shares it. */
static void protects_relro_behind_the_first_page(void **state)
{
  (void) state;
  check_kind(TEST_IMAGE_LATE_RELRO);
}

static void the_most_cpus_fit(void **state)
{
  (void) state;
  struct elf_image image = test_image(TEST_IMAGE_PLAIN, true);
  struct guest guest;
  guest_create(&guest, &image, 128 * MIB, 1024, false, true);
  check_guest(&guest);
  guest_destroy(&guest);
}

/* What is reserved but not attached is no memory to the guest yet. */
static void unattached_memory_is_not_the_guests(void **state)
{
  (void) state;
  struct elf_image image = test_image(TEST_IMAGE_PLAIN, false);
  for (size_t size = 1; size < COUNT_OF(sizes); size++)
  {
    struct guest guest;
    guest_create(&guest, &image, sizes[size], 1, true, false);
    uint64_t end = attached_end(&guest);
    check_access(&guest, end - 1);
    check_access(&guest, end);
    check_access(&guest, guest_memory_gpa(&guest.memory, sizes[size] - 1));
    assert_null(guest_memory_access(&guest.memory, end - 1, 2, GUEST_READ));
    guest_destroy(&guest);
  }
}

static void initrd_and_odd_stacks_are_sound(void **state)
{
  (void) state;
  struct elf_image image = test_image(TEST_IMAGE_PLAIN, true);
  static const uint64_t odd[][2] = {
      {1, 64 * KIB}, {3 * PAGE - 5, LARGE + PAGE}, {LARGE, 3 * MIB}, {LARGE + 1, 0}};
  for (size_t i = 0; i < COUNT_OF(odd); i++)
  {
    struct guest guest;
    initrd_bytes = odd[i][0];
    stack_bytes = odd[i][1];
    guest_create(&guest, &image, 64 * MIB, 2, i % 2 == 0, true);
    check_guest(&guest);
    uint64_t whole_bytes = (initrd_bytes + PAGE - 1) & ~(PAGE - 1);
    assert_mapped(&guest, UHYVE_WINDOW_BASE + guest.layout.initrd_gpa, guest.layout.initrd_gpa,
                  whole_bytes, "u");
    guest_destroy(&guest);
  }
  initrd_bytes = 0;
  stack_bytes = 0;
}

static void huge_pages_only_where_the_processor_has_them(void **state)
{
  (void) state;
  struct elf_image image = test_image(TEST_IMAGE_PLAIN, false);
  for (unsigned int huge = 0; huge < 2; huge++)
  {
    struct guest guest;
    unsigned int count = 0;
    guest_create(&guest, &image, 20 * GIB, 1, huge == 1, true);
    for (unsigned int i = 0; i < guest.leaves.count; i++)
      count += guest.leaves.leaf[i].len_bytes == GIB;
    assert_int_equal(count > 0, huge == 1);
    guest_destroy(&guest);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fixed_guests_are_sound),
      cmocka_unit_test(position_independent_guests_are_sound),
      cmocka_unit_test(all_kinds_of_images_are_sound),
      cmocka_unit_test(protects_relro_behind_the_first_page),
      cmocka_unit_test(the_most_cpus_fit),
      cmocka_unit_test(unattached_memory_is_not_the_guests),
      cmocka_unit_test(registers_are_no_memory),
      cmocka_unit_test(initrd_and_odd_stacks_are_sound),
      cmocka_unit_test(huge_pages_only_where_the_processor_has_them),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
