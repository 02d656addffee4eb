/* How the machine is switched off: the FADT says where (ACPI specification 6.4, 5.2.9), and the
 * package \_S5 of the DSDT with which value (7.4.2). */
#include "arch/x86_64/boot/boot.h"

/* Offsets in the FADT */
#define FADT_DSDT          40
#define FADT_SMI_PORT      48
#define FADT_ENABLE_VALUE  52
#define FADT_PM1A_CONTROL  64
#define FADT_PM1B_CONTROL  68
#define FADT_FLAGS         112
#define FADT_SLEEP_CONTROL 244 /* a generic address: space, width, offset, access, address */
#define FADT_SLEEP_END     256
#define FADT_LEAST_BYTES   116

#define LEN_OFFSET         4 /* in any table */
#define HEADER_BYTES       36

#define FLAG_REDUCED       (1u << 20) /* no PM1 registers */

#define ADDRESS_OF_MEMORY  0

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

/* Takes a number off a package. */
static const uint8_t *take_number(const uint8_t *at, uint8_t *number)
{
  unsigned int bytes = *at == AML_BYTE ? 1 : *at == AML_WORD ? 2 : 0;
  *number = bytes > 0 ? at[1] : *at;
  return at + 1 + bytes;
}

/* The longest form of what is read from here on: package, its length in 4 bytes, number of
 * elements, two words. */
#define PACKAGE_MOST_BYTES 12

static struct sleep_types find_types(const uint8_t *dsdt)
{
  struct sleep_types types = {.is_known = false};
  uint64_t len_bytes = number_at(dsdt + LEN_OFFSET, 4);
  for (uint64_t i = HEADER_BYTES; i + 4 + PACKAGE_MOST_BYTES <= len_bytes; i++)
  {
    const uint8_t *at = dsdt + i;
    if (at[0] != '_' || at[1] != 'S' || at[2] != '5' || at[3] != '_' || at[4] != AML_PACKAGE)
      continue;
    at += 5;
    at += 1 + (*at >> 6); /* the length */
    unsigned int elements = *at++;
    if (elements == 0)
      continue;
    at = take_number(at, &types.type[0]);
    if (elements > 1)
      take_number(at, &types.type[1]);
    types.is_known = true;
    return types;
  }
  return types;
}

static void use_sleep_control(struct uhyve_power_off *off, const uint8_t *address,
                              const struct sleep_types *types)
{
  uint64_t where = number_at(address + 4, 8);
  off->value[0] = (uint16_t) (SLEEP_ENABLE | (uint32_t) types->type[0] << SLEEP_TYPE_SHIFT);
  if (address[0] == ADDRESS_OF_MEMORY && where < UHYVE_GPA_HOLE_END)
    off->register_gpa = where;
}

static void use_pm1(struct uhyve_power_off *off, const uint8_t *fadt,
                    const struct sleep_types *types)
{
  off->port[0] = (uint16_t) number_at(fadt + FADT_PM1A_CONTROL, 4);
  off->port[1] = (uint16_t) number_at(fadt + FADT_PM1B_CONTROL, 4);
  for (unsigned int i = 0; i < 2; i++)
    off->value[i] = (uint16_t) (PM1_SLEEP_ENABLE | (uint32_t) types->type[i] << PM1_TYPE_SHIFT);
  off->enable_port = (uint16_t) number_at(fadt + FADT_SMI_PORT, 4);
  off->enable_value = fadt[FADT_ENABLE_VALUE];
}

void boot_find_power_off(struct uhyve_power_off *off, const struct boot_facts *facts)
{
  const uint8_t *fadt = boot_find_acpi(facts, "FACP");
  if (fadt == NULL || number_at(fadt + LEN_OFFSET, 4) < FADT_LEAST_BYTES)
    return;
  const uint8_t *dsdt = boot_acpi_table(number_at(fadt + FADT_DSDT, 4));
  if (dsdt == NULL)
    return;
  struct sleep_types types = find_types(dsdt);
  if (!types.is_known)
    return;
  if ((number_at(fadt + FADT_FLAGS, 4) & FLAG_REDUCED) == 0)
    use_pm1(off, fadt, &types);
  else if (number_at(fadt + LEN_OFFSET, 4) >= FADT_SLEEP_END)
    use_sleep_control(off, fadt + FADT_SLEEP_CONTROL, &types);
}
