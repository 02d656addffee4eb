/* Tests of uhyve/cpu_tables.c: the processor's tables are read back as the processor reads them. */
#include "uhyve/cpu_tables.h"

#include <stddef.h>
#include <string.h>

#include "hypercalls/start_info.h"
#include "test_image.h"
#include "unit_test.h"

#define PAGE             UINT64_C(4096)
#define CPUS             3u
#define FILL             0x5a
#define RSP0_OFFSET      4u /* Intel SDM vol. 3A (June 2023), figure 8-11 */
#define IST1_OFFSET      36u
#define IO_MAP_OFFSET    102u
#define TSS_FIELDS_BYTES 104u

/* A guest with its tables written into memory that was not zero. */
struct guest
{
  struct elf_image image;
  struct guest_memory memory;
  struct guest_layout layout;
};

static void guest_create(struct guest *guest, bool position_independent)
{
  *guest = (struct guest){.image = test_image(TEST_IMAGE_PLAIN, position_independent)};
  assert_int_equal(guest_memory_reserve(&guest->memory, 16 * MIB), 0);
  assert_int_equal(guest_layout_plan(&guest->layout, &guest->image, &guest->memory,
                                     &(struct guest_layout_request){.cpu_count = CPUS,
                                                                    .start_block_bytes = PAGE,
                                                                    .randomize = false}),
                   0);
  memset(guest_layout_boot_hva(&guest->layout, &guest->memory, UHYVE_KERNEL_BASE), 0,
         guest->layout.boot_bytes);
  cpu_tables_write(&guest->layout, &guest->image, &guest->memory, CPUS);
}

static const uint8_t *at(const struct guest *guest, uint64_t gva)
{
  assert_true(gva >= UHYVE_KERNEL_BASE);
  assert_true(gva < UHYVE_KERNEL_BASE + guest->layout.boot_bytes);
  return guest_layout_boot_hva(&guest->layout, &guest->memory, gva);
}

static uint64_t read_number(const uint8_t *bytes, unsigned int count)
{
  uint64_t number = 0;
  for (unsigned int i = 0; i < count; i++)
    number |= (uint64_t) bytes[i] << (8 * i);
  return number;
}

static uint64_t read_at(const struct guest *guest, uint64_t gva, unsigned int count)
{
  return read_number(at(guest, gva), count);
}

/* Every test looks at a fixed and at a position-independent guest. */
static void with_guests(void (*check)(const struct guest *guest))
{
  for (unsigned int position_independent = 0; position_independent < 2; position_independent++)
  {
    struct guest guest;
    guest_create(&guest, position_independent == 1);
    check(&guest);
    guest_memory_release(&guest.memory);
  }
}

static unsigned int expected_ist(unsigned int vector)
{
  return vector == 8    ? UHYVE_IST_DOUBLE_FAULT
         : vector == 2  ? UHYVE_IST_NMI
         : vector == 18 ? UHYVE_IST_MACHINE_CHECK
                        : 0;
}

static void check_gates(const struct guest *guest)
{
  struct cpu_start start = cpu_tables_start(&guest->layout, &guest->image, 0);
  const struct uhyve_note_layout *note = &guest->image.layout;
  assert_int_equal(start.idt_gva, guest->layout.idt_gva);
  for (unsigned int vector = 0; vector < 256; vector++)
  {
    const uint8_t *gate = at(guest, start.idt_gva + (uint64_t) vector * 16);
    uint64_t handler =
        read_number(gate, 2) | read_number(gate + 6, 2) << 16 | read_number(gate + 8, 4) << 32;
    assert_int_equal(handler, guest->layout.image_gva + note->vector_stubs +
                                  (uint64_t) vector * note->vector_stub_bytes);
    assert_int_equal(read_number(gate + 2, 2), UHYVE_SEL_KERNEL_CODE);
    assert_int_equal(gate[4], expected_ist(vector));
    assert_int_equal(gate[5] & 0x80, 0x80); /* present */
    assert_int_equal(gate[5] >> 5 & 3, vector == 3 ? 3 : 0);
    assert_int_equal(gate[5] & 0x1f, 0x0e); /* 64-bit interrupt gate */
    assert_int_equal(read_number(gate + 12, 4), 0);
  }
}

static void gates_lead_to_the_stubs(void **state)
{
  (void) state;
  with_guests(check_gates);
}

struct descriptor
{
  unsigned int type; /* with the S bit */
  unsigned int dpl;
  bool present;
  bool long_mode;
  bool default_32;
  uint64_t limit, base;
};

static struct descriptor read_descriptor(const struct guest *guest, uint64_t gdt_gva,
                                         unsigned int selector)
{
  assert_true((selector | 7) < CPU_GDT_BYTES);
  uint64_t raw = read_at(guest, gdt_gva + (selector & ~7u), 8);
  return (struct descriptor){
      .type = raw >> 40 & 0x1f,
      .dpl = raw >> 45 & 3,
      .present = (raw >> 47 & 1) != 0,
      .long_mode = (raw >> 53 & 1) != 0,
      .default_32 = (raw >> 54 & 1) != 0,
      .limit = (raw & 0xffff) | (raw >> 32 & 0xf0000),
      .base = (raw >> 16 & 0xffffff) | (raw >> 32 & 0xff000000),
  };
}

/* Code and data are marked as accessed: the processor does not write into the table. */
static void assert_segment(const struct guest *guest, uint64_t gdt_gva, unsigned int selector,
                           bool code)
{
  struct descriptor segment = read_descriptor(guest, gdt_gva, selector);
  assert_true(segment.present);
  assert_int_equal(segment.dpl, selector & 3);
  assert_int_equal(segment.type, code ? 0x1b : 0x13);
  assert_int_equal(segment.long_mode, code);
  if (code)
    assert_false(segment.default_32);
  assert_int_equal(segment.base, 0);
}

static void check_segments(const struct guest *guest)
{
  for (unsigned int cpu = 0; cpu < CPUS; cpu++)
  {
    struct cpu_start start = cpu_tables_start(&guest->layout, &guest->image, cpu);
    assert_int_equal(read_at(guest, start.gdt_gva, 8), 0);
    assert_segment(guest, start.gdt_gva, UHYVE_SEL_KERNEL_CODE, true);
    assert_segment(guest, start.gdt_gva, UHYVE_SEL_KERNEL_DATA, false);
    assert_segment(guest, start.gdt_gva, UHYVE_SEL_USER_CODE, true);
    assert_segment(guest, start.gdt_gva, UHYVE_SEL_USER_DATA, false);

    struct descriptor tss = read_descriptor(guest, start.gdt_gva, UHYVE_SEL_TSS);
    assert_true(tss.present);
    assert_int_equal(tss.dpl, 0);
    assert_int_equal(tss.type, 9); /* available 64-bit TSS */
    assert_int_equal(tss.limit, CPU_TSS_LIMIT);
    assert_int_equal(tss.base | read_at(guest, start.gdt_gva + UHYVE_SEL_TSS + 8, 8) << 32,
                     start.tss_gva);
    assert_int_equal(start.gdt_gva % 8, 0);
  }
}

static void segments_are_flat(void **state)
{
  (void) state;
  with_guests(check_segments);
}

/* A stack ends where the address says: len_bytes below it are the nucleus's and nobody else's. */
static void assert_stack(const struct guest *guest, unsigned int cpu, uint64_t top_gva,
                         uint64_t len_bytes)
{
  uint64_t nucleus = guest_layout_nucleus_gva(&guest->layout, cpu);
  assert_int_equal(top_gva % 16, 0);
  assert_true(top_gva - len_bytes >= nucleus + PAGE); /* behind the tables */
  assert_true(top_gva <= nucleus + CPU_NUCLEUS_BYTES);
}

static void check_stacks(const struct guest *guest)
{
  for (unsigned int cpu = 0; cpu < CPUS; cpu++)
  {
    struct cpu_start start = cpu_tables_start(&guest->layout, &guest->image, cpu);
    uint64_t rsp0 = read_at(guest, start.tss_gva + RSP0_OFFSET, 8);
    uint64_t upcall = guest_layout_upcall_gva(&guest->layout, cpu);
    struct uhyve_nucleus_cpu data;
    uint64_t above = rsp0 + sizeof(data);
    assert_stack(guest, cpu, rsp0, 2048);
    for (unsigned int ist = 0; ist < 3; ist++)
    {
      uint64_t top = read_at(guest, start.tss_gva + IST1_OFFSET + 8 * (uint64_t) ist, 8);
      assert_stack(guest, cpu, top, CPU_IST_STACK_BYTES);
      assert_true(top - CPU_IST_STACK_BYTES >= above);
      above = top;
    }
    /* The nucleus finds its CPU's data where its stack begins. */
    memcpy(&data, at(guest, rsp0), sizeof(data));
    assert_int_equal(data.upcall_area_gva, upcall + CPU_UPCALL_AREA_OFFSET);
    assert_int_equal(data.upcall_entry_gva,
                     guest->layout.image_gva + guest->image.layout.upcall_entry);
    assert_int_equal(data.upcall_stack_gva, upcall + CPU_UPCALL_AREA_OFFSET);
    assert_true(data.upcall_stack_gva - CPU_UPCALL_STACK_BYTES >= upcall + PAGE);
    assert_int_equal(data.tlb_generation_gva - offsetof(struct uhyve_start_info, tlb_generation),
                     guest->layout.start_block_gva);
    assert_int_equal(data.page_tables_len_bytes, guest->layout.tables_bytes);
  }
}

static void stacks_lie_apart(void **state)
{
  (void) state;
  with_guests(check_stacks);
}

/* As the processor decides it: SDM vol. 1, 19.5.2. It always reads two bytes of the map. */
static bool port_is_open(const struct guest *guest, const struct cpu_start *start, uint64_t limit,
                         unsigned int port)
{
  uint64_t byte = read_at(guest, start->tss_gva + IO_MAP_OFFSET, 2) + port / 8;
  if (byte + 1 > limit)
    return false;
  return (read_at(guest, start->tss_gva + byte, 2) >> (port % 8) & 1) == 0;
}

static void check_ports(const struct guest *guest)
{
  for (unsigned int cpu = 0; cpu < CPUS; cpu++)
  {
    struct cpu_start start = cpu_tables_start(&guest->layout, &guest->image, cpu);
    uint64_t limit = read_descriptor(guest, start.gdt_gva, UHYVE_SEL_TSS).limit;
    assert_true(read_at(guest, start.tss_gva + IO_MAP_OFFSET, 2) >= TSS_FIELDS_BYTES);
    assert_true(start.tss_gva % PAGE + limit < PAGE);
    assert_true(start.tss_gva >= start.gdt_gva + CPU_GDT_BYTES);
    for (unsigned int port = 0; port < 0x10000; port++)
      if (port_is_open(guest, &start, limit, port) != (port >= HC_PORT_FIRST && port < HC_PORT_END))
        fail_msg("port 0x%x", port);
    /* An access of four bytes at the last call's port ends inside. */
    assert_true(port_is_open(guest, &start, limit, HC_PORT_END - HC_PORT_STEP + 3));
    assert_false(port_is_open(guest, &start, limit, HC_PORT_NUCLEUS_FAILURE));
  }
}

static void exactly_the_hypercall_ports_are_open(void **state)
{
  (void) state;
  with_guests(check_ports);
}

static void check_frames(const struct guest *guest)
{
  const struct uhyve_note_layout *note = &guest->image.layout;
  uint64_t image_gva = guest->layout.image_gva;
  for (unsigned int cpu = 0; cpu < CPUS; cpu++)
  {
    struct cpu_start start = cpu_tables_start(&guest->layout, &guest->image, cpu);
    uint64_t upcall = guest_layout_upcall_gva(&guest->layout, cpu);
    uint64_t frame[5]; /* rip, cs, rflags, rsp, ss */
    memcpy(frame, at(guest, start.rsp_gva), sizeof(frame));
    assert_int_equal(frame[0], image_gva + (cpu == 0 ? note->start_entry : note->secondary_entry));
    assert_int_equal(frame[1], UHYVE_SEL_USER_CODE);
    assert_int_equal(frame[2], 0x202); /* interrupts on, IOPL 0, nothing else */
    assert_int_equal(frame[3], cpu == 0 ? UHYVE_STACK_TOP : upcall + CPU_UPCALL_AREA_OFFSET);
    assert_int_equal(frame[4], UHYVE_SEL_USER_DATA);
    /* `iretq` leaves the nucleus's stack empty. */
    assert_int_equal(start.rsp_gva + sizeof(frame), read_at(guest, start.tss_gva + RSP0_OFFSET, 8));
    assert_int_equal(start.rip_gva, image_gva + note->boot_entry);
    assert_int_equal(start.syscall_gva, image_gva + note->syscall_entry);
    assert_int_equal(start.gs_gva, upcall + CPU_UPCALL_AREA_OFFSET);
    assert_int_equal(start.argument, guest->layout.start_block_gva);
  }
}

static void every_cpu_starts_in_ring_3(void **state)
{
  (void) state;
  with_guests(check_frames);
}

static void check_upcall_areas(const struct guest *guest)
{
  for (unsigned int cpu = 0; cpu < CPUS; cpu++)
  {
    struct cpu_start start = cpu_tables_start(&guest->layout, &guest->image, cpu);
    const struct uhyve_upcall_area expected = {
        .self_gva = start.gs_gva, .masked = cpu != 0, .exception = UHYVE_NO_EXCEPTION, .cpu = cpu};
    assert_memory_equal(at(guest, start.gs_gva), &expected, sizeof(expected));
  }
}

static void upcall_areas_are_idle(void **state)
{
  (void) state;
  with_guests(check_upcall_areas);
}

/* Only the tables are written: what lies around them keeps what was there. */
static void writes_nothing_else(void **state)
{
  (void) state;
  struct guest guest;
  guest_create(&guest, false);
  const struct guest_layout *layout = &guest.layout;
  uint8_t *image = guest_memory_hva(&guest.memory, layout->image_gpa, layout->image_bytes);
  uint8_t *boot = guest_layout_boot_hva(layout, &guest.memory, UHYVE_KERNEL_BASE);
  memset(image, FILL, layout->image_bytes + layout->boot_bytes + PAGE);
  cpu_tables_write(layout, &guest.image, &guest.memory, CPUS);
  for (uint64_t i = 0; i < layout->image_bytes; i++)
    assert_int_equal(image[i], FILL);
  for (unsigned int cpu = 0; cpu < CPUS; cpu++)
  {
    const uint8_t *upcall = at(&guest, guest_layout_upcall_gva(layout, cpu));
    for (uint64_t i = 0; i < CPU_UPCALL_AREA_OFFSET; i++)
      assert_int_equal(upcall[i], FILL);
  }
  for (uint64_t i = layout->start_block_gva - UHYVE_KERNEL_BASE; i < layout->boot_bytes + PAGE; i++)
    assert_int_equal(boot[i], FILL);
  guest_memory_release(&guest.memory);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gates_lead_to_the_stubs),
      cmocka_unit_test(segments_are_flat),
      cmocka_unit_test(stacks_lie_apart),
      cmocka_unit_test(exactly_the_hypercall_ports_are_open),
      cmocka_unit_test(every_cpu_starts_in_ring_3),
      cmocka_unit_test(upcall_areas_are_idle),
      cmocka_unit_test(writes_nothing_else),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
