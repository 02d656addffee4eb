/* I/O APICs: those of firmware's tables; where these tell of none, the usual places: the second one
 * right behind the first. */
#include "bare/io_apic.h"

#include <errno.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "mm/address.h"
#include "start_info.h"

#define USUAL_GPA    0xfec00000ull
#define STRIDE_BYTES 0x10000ull
#define USUAL_APICS  2u

/* What the boot has mapped. */
#define END_GPA (USUAL_GPA + 0x100000)

/* 82093AA, 3.1 and 3.2 */
#define SELECT                0x00
#define WINDOW                0x10
#define REGISTER_VERSION      0x01
#define REGISTER_LINE         0x10 /* two words each */
#define LINE_LOW              (1u << 13)
#define LINE_MASKED           (1u << 16)
#define LINE_DESTINATION      24
#define DESTINATION_MOST      0xffu /* there are 8 bits */
#define VERSION_LAST_LINE(of) ((of) >> 16 & 0xff)
#define NOBODY                UINT32_MAX

static volatile uint32_t *at(uint64_t apic_gpa, unsigned int offset)
{
  return (volatile uint32_t *) address_of_gpa(apic_gpa + offset);
}

static uint32_t read_register(uint64_t apic_gpa, unsigned int number)
{
  *at(apic_gpa, SELECT) = number;
  return *at(apic_gpa, WINDOW);
}

static void write_register(uint64_t apic_gpa, unsigned int number, uint32_t value)
{
  *at(apic_gpa, SELECT) = number;
  *at(apic_gpa, WINDOW) = value;
}

static const struct uhyve_lines *lines(void)
{
  return (const struct uhyve_lines *) start_info->lines_gva; /* NOLINT(performance-no-int-to-ptr) */
}

/* 0: nobody is there. */
static unsigned int count_lines(uint64_t apic_gpa)
{
  if (apic_gpa < USUAL_GPA || apic_gpa >= END_GPA)
    return 0;
  uint32_t version = read_register(apic_gpa, REGISTER_VERSION);
  return version == NOBODY || version == 0 ? 0 : VERSION_LAST_LINE(version) + 1;
}

/* The I/O APIC of a line, which is then counted from its first one on; 0: there is none. */
static uint64_t find_apic(unsigned int *line)
{
  const struct uhyve_lines *tables = lines();
  for (uint32_t i = 0; i < tables->io_apic_count; i++)
  {
    const struct uhyve_io_apic *apic = &tables->io_apics[i];
    if (*line < apic->first_line || *line - apic->first_line >= count_lines(apic->registers_gpa))
      continue;
    *line -= apic->first_line;
    return apic->registers_gpa;
  }
  for (unsigned int i = 0; i < USUAL_APICS && tables->io_apic_count == 0; i++)
  {
    uint64_t apic_gpa = USUAL_GPA + i * STRIDE_BYTES;
    unsigned int count = count_lines(apic_gpa);
    if (*line < count)
      return apic_gpa;
    *line -= count;
  }
  return 0;
}

bool io_apic_has(unsigned int line)
{
  return find_apic(&line) != 0;
}

int io_apic_use(unsigned int line, uint8_t vector, bool is_low)
{
  uint64_t apic_gpa = find_apic(&line);
  if (apic_gpa == 0 || cpu_apic_id(0) > DESTINATION_MOST)
    return -ENOSYS;
  unsigned int number = REGISTER_LINE + 2 * line;
  write_register(apic_gpa, number, LINE_MASKED);
  write_register(apic_gpa, number + 1, cpu_apic_id(0) << LINE_DESTINATION);
  write_register(apic_gpa, number, vector | (is_low ? LINE_LOW : 0));
  return 0;
}

int io_apic_use_isa(unsigned int interrupt, uint8_t vector)
{
  const struct uhyve_isa_line *line = &lines()->isa[interrupt];
  return interrupt < UHYVE_ISA_LINES ? io_apic_use(line->line, vector, line->is_low != 0) : -ENOSYS;
}
