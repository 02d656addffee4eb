/* How the machine is switched off: the FADT says where (ACPI specification 6.4, 5.2.9), and the
 * package \_S5 of the DSDT with which value (7.4.2). */
#include "arch/x86_64/boot/boot.h"
#include "arch/x86_64/switch_off.h"

/* Offsets in the FADT */
#define FADT_DSDT          40
#define FADT_SMI_PORT      48
#define FADT_ENABLE_VALUE  52
#define FADT_PM1A_CONTROL  64
#define FADT_PM1B_CONTROL  68
#define FADT_FLAGS         112
#define FADT_LONG_DSDT     140
#define FADT_LONG_PM1A     172 /* a generic address: space, width, offset, access, address */
#define FADT_LONG_PM1B     184
#define FADT_LONG_PM1_END  196
#define FADT_SLEEP_CONTROL 244 /* a generic address, too */
#define FADT_SLEEP_END     256
#define FADT_LEAST_BYTES   116

#define LEN_OFFSET         4 /* in any table */
#define HEADER_BYTES       36

#define FLAG_REDUCED       (1u << 20) /* no PM1 registers */

#define REGISTERS_END_GPA  0xfec00000ull /* of what ring 3 has mapped of devices: ring0_map.c */

#define ADDRESS_OF_MEMORY  0
#define ADDRESS_OF_PORT    1

#define SLEEP_TYPE_MASK    7u
#define PM1_SLEEP_ENABLE   (1u << 13)
#define PM1_TYPE_SHIFT     10
#define SLEEP_ENABLE       (1u << 5)
#define SLEEP_TYPE_SHIFT   2

/* ACPI's machine language: chapter 20 */
#define AML_PACKAGE 0x12
#define AML_BYTE    0x0a
#define AML_WORD    0x0b

static uint64_t number_at(const uint8_t *at, unsigned int bytes)
{
  uint64_t number = 0;
  for (unsigned int i = bytes; i > 0; i--)
    number = number << 8 | at[i - 1];
  return number;
}

struct sleep_types
{
  bool is_known;
  uint8_t type[2];
};

struct table
{
  const uint8_t *begin;
  uint64_t len_bytes;
};

/* Behind the end all is zero. */
static uint8_t byte_at(const struct table *table, uint64_t at)
{
  return at < table->len_bytes ? table->begin[at] : 0;
}

/* Takes a number off a package: the low byte of it counts. */
static uint8_t take_number(const struct table *table, uint64_t *at)
{
  uint8_t kind = byte_at(table, (*at)++);
  if (kind != AML_BYTE && kind != AML_WORD)
    return kind; /* 0 and 1 are numbers themselves */
  uint8_t number = byte_at(table, *at);
  *at += kind == AML_BYTE ? 1 : 2;
  return number;
}

static bool is_package(const struct table *table, uint64_t at)
{
  return byte_at(table, at) == '_' && byte_at(table, at + 1) == 'S' &&
         byte_at(table, at + 2) == '5' && byte_at(table, at + 3) == '_' &&
         byte_at(table, at + 4) == AML_PACKAGE;
}

static struct sleep_types find_types(const uint8_t *dsdt)
{
  struct table table = {dsdt, number_at(dsdt + LEN_OFFSET, 4)};
  uint64_t at = HEADER_BYTES;
  while (at < table.len_bytes && !is_package(&table, at))
    at++;
  struct sleep_types types = {.is_known = at < table.len_bytes};
  at += 5;
  at += 1 + (byte_at(&table, at) >> 6); /* the package's length */
  unsigned int elements = byte_at(&table, at++);
  for (unsigned int i = 0; i < 2 && i < elements; i++)
    types.type[i] = take_number(&table, &at) & SLEEP_TYPE_MASK;
  return types;
}

static struct uhyve_power_off off;
static bool is_searched;
static const uint8_t *dsdt; /* once searched; null: there is none */

/* The port at a generic address, or 0. */
static uint16_t port_at(const uint8_t *address)
{
  uint64_t where = number_at(address + 4, 8);
  return address[0] == ADDRESS_OF_PORT && where <= UINT16_MAX ? (uint16_t) where : 0;
}

static void use_sleep_control(const uint8_t *address, const struct sleep_types *types)
{
  uint64_t where = number_at(address + 4, 8);
  off.value[0] = (uint16_t) (SLEEP_ENABLE | (uint32_t) types->type[0] << SLEEP_TYPE_SHIFT);
  off.sleep_port = port_at(address);
  if (address[0] == ADDRESS_OF_MEMORY && where < REGISTERS_END_GPA)
    off.register_gpa = where;
}

static void use_pm1(const uint8_t *fadt, const struct sleep_types *types)
{
  bool is_long = number_at(fadt + LEN_OFFSET, 4) >= FADT_LONG_PM1_END;
  off.port[0] = (uint16_t) number_at(fadt + FADT_PM1A_CONTROL, 4);
  off.port[1] = (uint16_t) number_at(fadt + FADT_PM1B_CONTROL, 4);
  if (off.port[0] == 0 && is_long)
    off.port[0] = port_at(fadt + FADT_LONG_PM1A);
  if (off.port[1] == 0 && is_long)
    off.port[1] = port_at(fadt + FADT_LONG_PM1B);
  for (unsigned int i = 0; i < 2; i++)
    off.value[i] = (uint16_t) (PM1_SLEEP_ENABLE | (uint32_t) types->type[i] << PM1_TYPE_SHIFT);
  off.enable_port = (uint16_t) number_at(fadt + FADT_SMI_PORT, 4);
  off.enable_value = fadt[FADT_ENABLE_VALUE];
}

static const uint8_t *find_dsdt(const uint8_t *fadt)
{
  uint64_t dsdt_gpa = number_at(fadt + FADT_DSDT, 4);
  if (dsdt_gpa == 0 && number_at(fadt + LEN_OFFSET, 4) >= FADT_LONG_DSDT + 8)
    dsdt_gpa = number_at(fadt + FADT_LONG_DSDT, 8);
  return boot_acpi_table(dsdt_gpa);
}

static void find_registers(const struct boot_facts *facts)
{
  const uint8_t *fadt = boot_find_acpi(facts, "FACP");
  if (fadt == NULL || number_at(fadt + LEN_OFFSET, 4) < FADT_LEAST_BYTES)
    return;
  dsdt = find_dsdt(fadt);
  if (dsdt == NULL)
    return;
  struct sleep_types types = find_types(dsdt);
  if (!types.is_known)
    return;
  if ((number_at(fadt + FADT_FLAGS, 4) & FLAG_REDUCED) == 0)
    use_pm1(fadt, &types);
  else if (number_at(fadt + LEN_OFFSET, 4) >= FADT_SLEEP_END)
    use_sleep_control(fadt + FADT_SLEEP_CONTROL, &types);
}

const struct uhyve_power_off *boot_find_power_off(const struct boot_facts *facts)
{
  is_searched = true;
  find_registers(facts);
  return &off;
}

/* Name(_HID, EISAID("PNP0A03")) or the same with PNP0A08. */
static bool is_host_bridge(const struct table *table, uint64_t at)
{
  static const uint8_t name[] = {'_', 'H', 'I', 'D', 0x0c, 0x41, 0xd0, 0x0a};
  for (unsigned int i = 0; i < sizeof(name); i++)
    if (byte_at(table, at + i) != name[i])
      return false;
  uint8_t last = byte_at(table, at + sizeof(name));
  return last == 0x03 || last == 0x08;
}

uint32_t boot_count_pci_roots(void)
{
  uint32_t count = 0;
  struct table table = {dsdt, dsdt != NULL ? number_at(dsdt + LEN_OFFSET, 4) : 0};
  for (uint64_t at = HEADER_BYTES; at < table.len_bytes; at++)
    count += is_host_bridge(&table, at);
  return count;
}

/* ---- Doing so, where the boot fails ---- */

void boot_switch_off(void)
{
  static struct boot_facts none; /* among the zeros, which are no part of the file */
  if (!is_searched)
    boot_find_power_off(&none);
  /* On the stack: no pointers that the image holds. */
  const struct switch_off_ports ports = {boot_out8, boot_in16, boot_out16};
  uint64_t window = boot_is_over() ? UHYVE_WINDOW_BASE : 0;
  switch_off(&off, boot_pointer(window + off.register_gpa), &ports);
}
