/* Tests of guest/bare/pci_interrupt.c with devices that emulators lack: what it writes into their
 * configuration, of which the test has a model, and into their tables. */
#include <errno.h>
#include <string.h>

#include "arch/x86_64/cpu.h"
#include "bare/pci.h"
#include "mm/address.h"
#include "mm/virtual_state.h"
#include "unit_test.h"

#define KIND_MESSAGES       0x05
#define KIND_MESSAGES_TABLE 0x11
#define MESSAGES_AT         0x50 /* where they are */
#define TABLE_AT            0x70

#define VECTOR              0x45
#define TABLE_BAR           2
#define TABLE_OFFSET        0x80
#define REGISTERS_GPA       0xfebd0000u

/* ---- The device ---- */

static const struct pci_device device = {.bus = 1, .device = 2, .interrupt_line = 11};

static unsigned char configuration[256];
static uint32_t registers[4096 / 4];
static uint64_t registers_bytes;
static bool table_is_ports;
static uint32_t apic_id;
static unsigned int lines_used;
static uint16_t controls[8]; /* of MSI-X, as they were written */
static unsigned int control_count;

static bool is_read_only(unsigned int at)
{
  /* The lists' links, and what MSI can do. */
  return at % 16 == 0 || at % 16 == 1;
}

static void write_bytes(uint16_t offset, uint32_t value, unsigned int len_bytes)
{
  assert_int_equal(offset % len_bytes, 0);
  assert_true(offset >= MESSAGES_AT && offset + len_bytes <= TABLE_AT + 4);
  for (unsigned int i = 0; i < len_bytes; i++)
  {
    assert_false(is_read_only(offset + i));
    configuration[offset + i] = (unsigned char) (value >> 8 * i);
  }
}

static uint32_t read_bytes(uint16_t offset, unsigned int len_bytes)
{
  uint32_t value = 0;
  assert_true(offset + len_bytes <= sizeof(configuration));
  for (unsigned int i = 0; i < len_bytes; i++)
    value |= (uint32_t) configuration[offset + i] << 8 * i;
  return value;
}

uint32_t pci_read32(const struct pci_device *of, uint16_t offset)
{
  assert_ptr_equal(of, &device);
  return read_bytes(offset, 4);
}

uint16_t pci_read16(const struct pci_device *of, uint16_t offset)
{
  assert_ptr_equal(of, &device);
  return (uint16_t) read_bytes(offset, 2);
}

void pci_write32(const struct pci_device *of, uint16_t offset, uint32_t value)
{
  assert_ptr_equal(of, &device);
  write_bytes(offset, value, 4);
}

/* The table of MSI-X is written while all of it is masked. */
void pci_write16(const struct pci_device *of, uint16_t offset, uint16_t value)
{
  assert_ptr_equal(of, &device);
  write_bytes(offset, value, 2);
  if (offset == TABLE_AT + 2)
  {
    assert_true(control_count < COUNT_OF(controls));
    if (control_count == 0)
      for (unsigned int i = 0; i < COUNT_OF(registers); i++)
        assert_int_equal(registers[i], UINT32_MAX);
    controls[control_count++] = value;
  }
}

uint8_t pci_find_capability(const struct pci_device *of, uint8_t kind, uint8_t behind)
{
  assert_ptr_equal(of, &device);
  assert_int_equal(behind, 0);
  return kind == configuration[MESSAGES_AT] ? MESSAGES_AT
         : kind == configuration[TABLE_AT]  ? TABLE_AT
                                            : 0;
}

struct pci_bar pci_bar(const struct pci_device *of, unsigned int index)
{
  assert_ptr_equal(of, &device);
  assert_int_equal(index, TABLE_BAR);
  return (struct pci_bar){
      .is_port = table_is_ports, .address = REGISTERS_GPA, .len_bytes = registers_bytes};
}

int pci_use_line(const struct pci_device *of)
{
  assert_ptr_equal(of, &device);
  lines_used++;
  return 0;
}

/* ---- The machine: these registers are mapped ---- */

void *address_of_gpa(uint64_t gpa)
{
  assert_int_equal(gpa, REGISTERS_GPA);
  return registers;
}

uint32_t cpu_apic_id(unsigned int index)
{
  assert_int_equal(index, 0);
  return apic_id;
}

uint32_t virtual_lock(void)
{
  fail();
  return 0;
}

void virtual_unlock(uint32_t was_masked)
{
  (void) was_masked;
  fail();
}

bool tables_spare(uint64_t tables)
{
  (void) tables;
  fail();
  return false;
}

struct paging_page paging_translate(uint64_t gva)
{
  (void) gva;
  fail();
  return (struct paging_page){0};
}

int paging_map(uint64_t gva, uint64_t gpa, uint64_t len_bytes, unsigned int rights,
               uint64_t most_page_bytes)
{
  (void) gva, (void) gpa, (void) len_bytes, (void) rights, (void) most_page_bytes;
  fail();
  return 0;
}

/* ---- */

static int setup(void **state)
{
  (void) state;
  memset(configuration, 0xff, sizeof(configuration));
  memset(registers, 0xff, sizeof(registers));
  configuration[MESSAGES_AT] = configuration[TABLE_AT] = 0;
  registers_bytes = sizeof(registers);
  table_is_ports = false;
  apic_id = 7;
  lines_used = control_count = 0;
  return 0;
}

static void put(unsigned int at, uint64_t value, unsigned int len_bytes)
{
  memcpy(configuration + at, &value, len_bytes);
}

static void add_messages(uint16_t control)
{
  configuration[MESSAGES_AT] = KIND_MESSAGES;
  put(MESSAGES_AT + 2, control, 2);
}

static void add_table(uint16_t last_entry)
{
  configuration[TABLE_AT] = KIND_MESSAGES_TABLE;
  put(TABLE_AT + 2, last_entry, 2);
  put(TABLE_AT + 4, TABLE_OFFSET | TABLE_BAR, 4);
}

static void expect_untouched(void)
{
  for (unsigned int i = 0; i < COUNT_OF(registers); i++)
    assert_int_equal(registers[i], UINT32_MAX);
  assert_int_equal(control_count, 0);
}

/* ---- MSI ---- */

static void a_message_of_32_bits(void **state)
{
  (void) state;
  add_messages(0);
  assert_int_equal(pci_use_interrupt(&device, VECTOR), 0);
  assert_int_equal(read_bytes(MESSAGES_AT + 2, 2), 1);
  assert_int_equal(read_bytes(MESSAGES_AT + 4, 4), 0xfee07000);
  assert_int_equal(read_bytes(MESSAGES_AT + 8, 2), VECTOR);
  for (unsigned int i = 10; i < 24; i++) /* there may be others */
    assert_int_equal(configuration[MESSAGES_AT + i], 0xff);
  assert_int_equal(lines_used, 0);
  expect_untouched();
}

static void a_message_of_64_bits(void **state)
{
  (void) state;
  apic_id = 255;
  add_messages(0x80);
  assert_int_equal(pci_use_interrupt(&device, VECTOR), 0);
  assert_int_equal(read_bytes(MESSAGES_AT + 2, 2), 0x81);
  assert_int_equal(read_bytes(MESSAGES_AT + 4, 4), 0xfeeff000);
  assert_int_equal(read_bytes(MESSAGES_AT + 8, 4), 0);
  assert_int_equal(read_bytes(MESSAGES_AT + 12, 2), VECTOR);
  for (unsigned int i = 14; i < 24; i++) /* the masks of each */
    assert_int_equal(configuration[MESSAGES_AT + i], 0xff);
  assert_int_equal(lines_used, 0);
}

/* 32 messages that firmware has switched on, each of which can be masked. */
static void of_several_messages_one_is_used(void **state)
{
  (void) state;
  add_messages(0x1db);
  assert_int_equal(pci_use_interrupt(&device, VECTOR), 0);
  assert_int_equal(read_bytes(MESSAGES_AT + 2, 2), 0x18b);
}

/* ---- MSI-X ---- */

static void a_table_is_used_before_messages(void **state)
{
  (void) state;
  add_messages(0);
  add_table(4);
  assert_int_equal(pci_use_interrupt(&device, VECTOR), 0);
  const uint32_t *entry = registers + TABLE_OFFSET / 4;
  assert_int_equal(entry[0], 0xfee07000);
  assert_int_equal(entry[1], 0);
  assert_int_equal(entry[2], VECTOR);
  assert_int_equal(entry[3], 0);
  assert_int_equal(entry[4], UINT32_MAX);
  assert_int_equal(entry[-1], UINT32_MAX);
  assert_int_equal(control_count, 2);
  assert_int_equal(controls[0], 0xc004);
  assert_int_equal(controls[1], 0x8004);
  assert_int_equal(read_bytes(MESSAGES_AT + 2, 2), 0);
  assert_int_equal(lines_used, 0);
}

static void each_entry_has_its_place(void **state)
{
  (void) state;
  add_table(2);
  put(TABLE_AT + 2, 0xc002, 2); /* as firmware has left it */
  assert_int_equal(pci_use_message(&device, 2, VECTOR), 0);
  const uint32_t *entry = registers + TABLE_OFFSET / 4 + 8;
  assert_int_equal(entry[0], 0xfee07000);
  assert_int_equal(entry[3], 0);
  assert_int_equal(entry[-1], UINT32_MAX);
  assert_int_equal(controls[control_count - 1], 0x8002);
  control_count = 0;
  memset(registers, 0xff, sizeof(registers));
  assert_int_equal(pci_use_message(&device, 3, VECTOR), -ENOSYS);
  expect_untouched();
}

static void a_table_without_memory_is_not_used(void **state)
{
  (void) state;
  add_table(4);
  registers_bytes = TABLE_OFFSET + 2 * 16;
  assert_int_equal(pci_use_message(&device, 2, VECTOR), -ENOSYS);
  registers_bytes = 0;
  assert_int_equal(pci_use_message(&device, 0, VECTOR), -ENOSYS);
  registers_bytes = sizeof(registers);
  table_is_ports = true;
  assert_int_equal(pci_use_message(&device, 0, VECTOR), -ENOSYS);
  expect_untouched();
  table_is_ports = false;
  registers_bytes = TABLE_OFFSET + 2 * 16;
  assert_int_equal(pci_use_message(&device, 1, VECTOR), 0);
}

/* ---- The line ---- */

static void without_messages_it_is_the_line(void **state)
{
  (void) state;
  assert_int_equal(pci_use_interrupt(&device, VECTOR), 0);
  assert_int_equal(lines_used, 1);
  assert_int_equal(pci_use_message(&device, 0, VECTOR), -ENOSYS);
}

/* There are 8 bits for it. */
static void a_local_apic_beyond_reach_has_the_line(void **state)
{
  (void) state;
  apic_id = 256;
  add_messages(0x80);
  add_table(4);
  assert_int_equal(pci_use_interrupt(&device, VECTOR), 0);
  assert_int_equal(lines_used, 1);
  assert_int_equal(read_bytes(MESSAGES_AT + 2, 2), 0x80);
  assert_int_equal(read_bytes(MESSAGES_AT + 4, 4), UINT32_MAX);
  expect_untouched();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(a_message_of_32_bits, setup),
      cmocka_unit_test_setup(a_message_of_64_bits, setup),
      cmocka_unit_test_setup(of_several_messages_one_is_used, setup),
      cmocka_unit_test_setup(a_table_is_used_before_messages, setup),
      cmocka_unit_test_setup(each_entry_has_its_place, setup),
      cmocka_unit_test_setup(a_table_without_memory_is_not_used, setup),
      cmocka_unit_test_setup(without_messages_it_is_the_line, setup),
      cmocka_unit_test_setup(a_local_apic_beyond_reach_has_the_line, setup),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
